// What a lattice consists of, as its hosts and its keeper tell.

import { keyOf, KEEPER, type Control } from "./control.js";
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

  /** The claims of all actors that were started. */
  async claims(waiting: Waiting = {}): Promise<ClaimsSummary[]> {
    const { claims } = await this.#control.ask<{ claims: ClaimsSummary[] }>(this.#control.subject("get.claims"), KEEPER, waiting);
    return claims;
  }
}
