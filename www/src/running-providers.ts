// Providers of any host, as a page starts and stops them.

import { keyOf, type Control } from "./control.js";
import type { OnHost } from "./actors.js";
import type { Waiting } from "./waiting.js";

/** How a provider is started. */
export interface StartProvider extends OnHost {
  /** The key of one that runs on another host, to share its links and calls. */
  key?: string;
  /** The link name that it serves; `default` where none is given. */
  linkName?: string;
}

/** Providers of any host. Those that this page provides itself are ended by {@link Provider.stop}. */
export class Providers {
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.#control = control;
    this.#own = own;
  }

  /** Starts a provider that a host has by its name, `keyvalue-memory`, and returns its key, `V…`. */
  async start(name: string, options: StartProvider & Waiting = {}): Promise<string> {
    const { host = this.#own, key, linkName = "default", ...waiting } = options;
    if (key !== undefined) keyOf("V", key);
    const request = { provider_ref: key === undefined ? name : `${name}@${key}`, link_name: linkName };
    const ack = await this.#control.commandHost(host, "lp", request, waiting);
    return ack.provider_id ?? "";
  }

  /** Stops a provider; its links are pending until one of that key runs again. */
  async stop(provider: string, options: OnHost & Waiting = {}): Promise<void> {
    const { host = this.#own, ...waiting } = options;
    keyOf("V", provider);
    await this.#control.commandHost(host, "sp", { provider_ref: provider, link_name: "" }, waiting);
  }
}
