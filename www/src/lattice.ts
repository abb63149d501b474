// What a lattice consists of, as its hosts and its keeper tell.

import { keyOf, KEEPER, type Control } from "./control.js";
import type { Observation } from "./observation.js";
import type { ClaimsSummary, HostSummary, Inventory, Link } from "./types.js";
import type { Waiting } from "./waiting.js";

/** What the lattice consists of. */
export class Lattice {
  /** Its name. */
  readonly name: string;
  readonly #control: Control;

  constructor(control: Control) {
    this.name = control.lattice;
    this.#control = control;
  }

  /** All hosts that answer, and those that were lost less than a minute ago, as suspended; ordered by key. */
  async hosts(waiting: Waiting = {}): Promise<HostSummary[]> {
    const [answering, suspended] = await Promise.all([
      this.#control.gather<HostSummary>(this.#control.subject("ping.hosts"), waiting),
      this.#suspended(),
    ]);
    // Of a host that is reported twice, its own answer counts.
    const hosts = new Map([...suspended, ...answering].map((host) => [host.id, host]));
    return [...hosts.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The hosts that a keeper takes for suspended; none where nobody keeps metadata. */
  async #suspended(): Promise<HostSummary[]> {
    try {
      const { hosts } = await this.#control.ask<{ hosts: HostSummary[] }>(this.#control.metadata("hosts"), KEEPER, {});
      return hosts;
    } catch {
      // Those that answer are known all the same.
      return [];
    }
  }

  /** What runs on a host. */
  async inventory(host: string, waiting: Waiting = {}): Promise<Inventory> {
    keyOf("N", host);
    return this.#control.ask<Inventory>(this.#control.subject(`get.${host}.inv`), `host ${host}`, waiting);
  }

  /** All links. */
  async links(waiting: Waiting = {}): Promise<Link[]> {
    const { links } = await this.#control.ask<{ links: Link[] }>(this.#control.subject("get.links"), KEEPER, waiting);
    return links;
  }

  /**
   * What hosts tell of the calls that they handle, from when the first one is taken: counts of all, some one by one, how busy actors
   * are, and what they write. Hosts notice within a second that somebody watches. It ends with its loop, by its signal or with the
   * host; one that the lattice refuses throws why. Of what is not taken, 256 observations wait, and the oldest go first.
   */
  async *observe({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Observation, undefined> {
    // No host needs it to start.
    const { observe } = await import("./observe.js");
    return yield* observe(this.#control, signal);
  }

  /** The claims of all actors that were started. */
  async claims(waiting: Waiting = {}): Promise<ClaimsSummary[]> {
    const { claims } = await this.#control.ask<{ claims: ClaimsSummary[] }>(this.#control.subject("get.claims"), KEEPER, waiting);
    return claims;
  }
}
