// How providers of any host are started and stopped.

import { keyOf, type Control } from "./control.js";
import type { OnHost } from "./actors.js";
import type { StartProvider } from "./running-providers.js";
import type { Waiting } from "./waiting.js";

/** Does what `host.providers` is asked for. */
export class ProviderCommands {
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.#control = control;
    this.#own = own;
  }

  async start(name: string, options: StartProvider & Waiting): Promise<string> {
    const { host = this.#own, key, linkName = "default", ...waiting } = options;
    if (key !== undefined) keyOf("V", key);
    const request = { provider_ref: key === undefined ? name : `${name}@${key}`, link_name: linkName };
    const ack = await this.#control.commandHost(host, "lp", request, waiting);
    return ack.provider_id ?? "";
  }

  async stop(provider: string, options: OnHost & Waiting): Promise<void> {
    const { host = this.#own, ...waiting } = options;
    keyOf("V", provider);
    await this.#control.commandHost(host, "sp", { provider_ref: provider, link_name: "" }, waiting);
  }
}
