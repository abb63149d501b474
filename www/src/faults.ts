// Faults that a page brings about, to see what the lattice does about them.

import type { OnHost } from "./actors.js";
import type { Commanding } from "./commands.js";
import type { Link } from "./types.js";
import type { Waiting } from "./waiting.js";

/** The link to slow; the link name is `default` where none is given. */
export type LinkToSlow = Pick<Link, "actor_id" | "contract_id"> & Partial<Pick<Link, "link_name">>;

/** Faults of hosts, as they are brought about. Nobody but those who may control the lattice's hosts can. */
export class Faults {
  readonly #commands: Commanding;

  constructor(commands: Commanding) {
    this.#commands = commands;
  }

  /**
   * Has each call by a link that is made on a host, this page's by default, take so many milliseconds longer, at most 60,000, until
   * told otherwise; 0 ends it. Rejects as `bad-request` where the time makes no sense, as `host-not-found` where the host is not there.
   */
  async slowLink(link: LinkToSlow, milliseconds: number, options: OnHost & Waiting = {}): Promise<void> {
    await (await this.#commands()).faults.slowLink(link, milliseconds, options);
  }

  /**
   * Has a host drop its connection to the lattice and come back after so many milliseconds, at most 300,000; resolves once it
   * has agreed. Tabs and servers that have joined one can; the server that the lattice lives in rejects it.
   */
  async cutOff(host: string, milliseconds: number, waiting: Waiting = {}): Promise<void> {
    await (await this.#commands()).faults.cutOff(host, milliseconds, waiting);
  }
}
