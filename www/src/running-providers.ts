// Providers of any host, as a page has them started and stopped.

import type { OnHost } from "./actors.js";
import type { Commanding } from "./commands.js";
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
  readonly #commands: Commanding;

  constructor(commands: Commanding) {
    this.#commands = commands;
  }

  /** Starts a provider that a host has by its name, `keyvalue-memory`, and returns its key, `V…`. */
  async start(name: string, options: StartProvider & Waiting = {}): Promise<string> {
    return (await this.#commands()).providers.start(name, options);
  }

  /** Stops a provider; its links are pending until one of that key runs again. */
  async stop(provider: string, options: OnHost & Waiting = {}): Promise<void> {
    await (await this.#commands()).providers.stop(provider, options);
  }
}
