// The lattice, as a page asks what it consists of, and has its hosts labelled and stopped.

import type { Commanding } from "./commands.js";
import type { Observation } from "./observation.js";
import type { ClaimsSummary, HostSummary, Inventory, Link } from "./types.js";
import type { Waiting } from "./waiting.js";

/** How a host is stopped. */
export interface StopHost extends Waiting {
  /** Milliseconds that calls in flight get to finish; the host's own choice where none is named. */
  patience?: number;
}

/** What the lattice consists of. */
export class Lattice {
  /** Its name. */
  readonly name: string;
  readonly #commands: Commanding;

  constructor(name: string, commands: Commanding) {
    this.name = name;
    this.#commands = commands;
  }

  /** All hosts that answer, and those that were lost less than a minute ago, as suspended; ordered by key. */
  async hosts(waiting: Waiting = {}): Promise<HostSummary[]> {
    return (await this.#commands()).lattice.hosts(waiting);
  }

  /** What runs on a host. */
  async inventory(host: string, waiting: Waiting = {}): Promise<Inventory> {
    return (await this.#commands()).lattice.inventory(host, waiting);
  }

  /** All links. */
  async links(waiting: Waiting = {}): Promise<Link[]> {
    return (await this.#commands()).lattice.links(waiting);
  }

  /**
   * What hosts tell of the calls that they handle, from when the first one is taken: counts of all, some one by one, how busy actors
   * are, and what they write. Hosts notice within a second that somebody watches. It ends with its loop, by its signal or with the
   * host; one that the lattice refuses throws why. Of what is not taken, 256 observations wait, and the oldest go first.
   */
  async *observe({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Observation, undefined> {
    return yield* (await this.#commands()).lattice.observe(signal);
  }

  /** The claims of all actors that were started. */
  async claims(waiting: Waiting = {}): Promise<ClaimsSummary[]> {
    return (await this.#commands()).lattice.claims(waiting);
  }

  /**
   * Puts a label on a host, by which others choose it; one of that name is replaced. Rejects as `bad-request` where a name is
   * empty, or the host has as many labels as it takes, 1024.
   */
  async putLabel(host: string, key: string, value: string, waiting: Waiting = {}): Promise<void> {
    await (await this.#commands()).lattice.putLabel(host, key, value, waiting);
  }

  /** Takes a label from a host; one that is not there may be taken, too. */
  async deleteLabel(host: string, key: string, waiting: Waiting = {}): Promise<void> {
    await (await this.#commands()).lattice.deleteLabel(host, key, waiting);
  }

  /**
   * Asks a host to stop, and resolves once it has taken that; that it is gone comes as the event `host_stopped`. A tab that is
   * stopped stays open without its host, a server ends. The page's own host may be named as well: what is open then fails as
   * `stopped`.
   */
  async stopHost(host: string, options: StopHost = {}): Promise<void> {
    await (await this.#commands()).lattice.stopHost(host, options);
  }
}
