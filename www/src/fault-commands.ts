// How hosts of the lattice are told to suffer faults.

import type { OnHost } from "./actors.js";
import { keyOf, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { LinkToSlow } from "./faults.js";
import { waitingOf, type Waiting } from "./waiting.js";

/** A link is slowed by at most so many milliseconds. */
const SLOWEST = 60_000;
/** A host is cut off for at most so many milliseconds. */
const LONGEST_CUT = 300_000;

/** Does what `host.faults` is asked for. */
export class FaultCommands {
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.#control = control;
    this.#own = own;
  }

  async slowLink(link: LinkToSlow, milliseconds: number, options: OnHost & Waiting): Promise<void> {
    keyOf("M", link.actor_id);
    const { actor_id, contract_id, link_name = "default" } = link;
    const body = { kind: "slow-link", actor_id, contract_id, link_name, delay_ms: within(milliseconds, 0, SLOWEST) };
    await this.#control.commandHost(options.host ?? this.#own, "fault", body, waitingOf(options));
  }

  async cutOff(host: string, milliseconds: number, waiting: Waiting): Promise<void> {
    const body = { kind: "cut-off", for_ms: within(milliseconds, 1, LONGEST_CUT) };
    await this.#control.commandHost(host, "fault", body, waitingOf(waiting));
  }
}

function within(milliseconds: number, least: number, most: number): number {
  if (typeof milliseconds === "number" && milliseconds >= least && milliseconds <= most) return Math.round(milliseconds);
  throw new WisteriaError("bad-request", `${String(milliseconds)} is no time for this; give milliseconds from ${least} to ${most}`);
}
