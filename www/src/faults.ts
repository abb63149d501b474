// Faults that a page brings about, to see what the lattice does about them.

import type { OnHost } from "./actors.js";
import { keyOf, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { Link } from "./types.js";
import { waitingOf, type Waiting } from "./waiting.js";

/** A link is slowed by at most so many milliseconds. */
const SLOWEST = 60_000;
/** A host is cut off for at most so many milliseconds. */
const LONGEST_CUT = 300_000;

/** The link to slow; the link name is `default` where none is given. */
export type LinkToSlow = Pick<Link, "actor_id" | "contract_id"> & Partial<Pick<Link, "link_name">>;

/** Faults of hosts, as they are brought about. Nobody but those who may control the lattice's hosts can. */
export class Faults {
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.#control = control;
    this.#own = own;
  }

  /**
   * Has each call by a link that is made on a host, this page's by default, take so many milliseconds longer, at most 60,000, until
   * told otherwise; 0 ends it. Rejects as `bad-request` where the time makes no sense, as `host-not-found` where the host is not there.
   */
  async slowLink(link: LinkToSlow, milliseconds: number, options: OnHost & Waiting = {}): Promise<void> {
    keyOf("M", link.actor_id);
    const { actor_id, contract_id, link_name = "default" } = link;
    const body = { kind: "slow-link", actor_id, contract_id, link_name, delay_ms: within(milliseconds, 0, SLOWEST) };
    await this.#control.commandHost(options.host ?? this.#own, "fault", body, waitingOf(options));
  }

  /**
   * Has a host drop its connection to the lattice and come back after so many milliseconds, at most 300,000; resolves once it
   * has agreed. Tabs and servers that have joined one can; the server that the lattice lives in rejects it.
   */
  async cutOff(host: string, milliseconds: number, waiting: Waiting = {}): Promise<void> {
    const body = { kind: "cut-off", for_ms: within(milliseconds, 1, LONGEST_CUT) };
    await this.#control.commandHost(host, "fault", body, waitingOf(waiting));
  }
}

function within(milliseconds: number, least: number, most: number): number {
  if (typeof milliseconds === "number" && milliseconds >= least && milliseconds <= most) return Math.round(milliseconds);
  throw new WisteriaError("bad-request", `${String(milliseconds)} is no time for this; give milliseconds from ${least} to ${most}`);
}
