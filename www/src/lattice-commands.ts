// How a lattice is asked what it consists of, and its hosts are labelled and stopped.

import { keyOf, KEEPER, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { StopHost } from "./lattice.js";
import type { Observation } from "./observation.js";
import { part } from "./part.js";
import type { ClaimsSummary, HostSummary, Inventory, Link } from "./types.js";
import { millisecondsOf, waitingOf, type Waiting } from "./waiting.js";

/** Does what `host.lattice` is asked for. */
export class LatticeCommands {
  readonly #control: Control;
  readonly #own: string;

  constructor(control: Control, own: string) {
    this.#control = control;
    this.#own = own;
  }

  async hosts(waiting: Waiting): Promise<HostSummary[]> {
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

  async inventory(host: string, waiting: Waiting): Promise<Inventory> {
    keyOf("N", host);
    return this.#control.ask<Inventory>(this.#control.subject(`get.${host}.inv`), `host ${host}`, waiting);
  }

  async links(waiting: Waiting): Promise<Link[]> {
    const { links } = await this.#control.ask<{ links: Link[] }>(this.#control.subject("get.links"), KEEPER, waiting);
    return links;
  }

  async claims(waiting: Waiting): Promise<ClaimsSummary[]> {
    const { claims } = await this.#control.ask<{ claims: ClaimsSummary[] }>(this.#control.subject("get.claims"), KEEPER, waiting);
    return claims;
  }

  async *observe(signal: AbortSignal | undefined): AsyncGenerator<Observation, undefined> {
    const { observe } = await part(() => import("./observe.js"));
    return yield* observe(this.#control, signal);
  }

  async putLabel(host: string, key: string, value: string, waiting: Waiting): Promise<void> {
    await this.#label(host, "put", { key, value }, waiting);
  }

  async deleteLabel(host: string, key: string, waiting: Waiting): Promise<void> {
    await this.#label(host, "del", { key }, waiting);
  }

  async #label(host: string, verb: "put" | "del", label: { key: string; value?: string }, waiting: Waiting): Promise<void> {
    keyOf("N", host);
    await this.#control.command(this.#control.subject(`labels.${host}.${verb}`), label, `host ${host}`, waiting);
  }

  async stopHost(host: string, options: StopHost): Promise<void> {
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
