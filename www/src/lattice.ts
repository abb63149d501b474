// What a lattice consists of, as its hosts and its keeper tell, and what hosts are told of themselves.

import { keyOf, KEEPER, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { ClaimsSummary, HostSummary, Inventory, Link } from "./types.js";
import { millisecondsOf, waitingOf, type Waiting } from "./waiting.js";

/** How a host is stopped. */
export interface StopHost extends Waiting {
  /** Milliseconds that calls in flight get to finish; the host's own choice where none is named. */
  patience?: number;
}

/** What the lattice consists of. */
export class Lattice {
  /** Its name. */
  readonly name: string;
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.name = control.lattice;
    this.#control = control;
    this.#own = own;
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

  /**
   * Puts a label on a host, by which others choose it; one of that name is replaced. Rejects as `bad-request` where a name is
   * empty, or the host has as many labels as it takes, 1024.
   */
  async putLabel(host: string, key: string, value: string, waiting: Waiting = {}): Promise<void> {
    await this.#label(host, "put", { key, value }, waiting);
  }

  /** Takes a label from a host; one that is not there may be taken, too. */
  async deleteLabel(host: string, key: string, waiting: Waiting = {}): Promise<void> {
    await this.#label(host, "del", { key }, waiting);
  }

  async #label(host: string, verb: "put" | "del", label: { key: string; value?: string }, waiting: Waiting): Promise<void> {
    keyOf("N", host);
    await this.#control.command(this.#control.subject(`labels.${host}.${verb}`), label, `host ${host}`, waiting);
  }

  /**
   * Asks a host to stop, and resolves once it has taken that; that it is gone comes as the event `host_stopped`. A tab that is
   * stopped stays open without its host, a server ends. The page's own host may be named as well: what is open then fails as
   * `stopped`.
   */
  async stopHost(host: string, options: StopHost = {}): Promise<void> {
    const { patience } = options;
    const timeout = patience === 0 ? 0 : millisecondsOf(patience, -1);
    try {
      await this.#control.commandHost(host, "stop", timeout < 0 ? {} : { timeout }, waitingOf(options));
    } catch (thrown) {
      // Its own end may reach this page before its word does.
      if (host !== this.#own || WisteriaError.from(thrown).code !== "stopped") throw thrown;
    }
  }
}
