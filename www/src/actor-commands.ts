// How actors of any host are started, changed and stopped.

import { isKey, keyOf, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { OnHost, Bounds } from "./actors.js";
import type { LatticeCommands } from "./lattice-commands.js";
import { fetchFromLattice, isReference, readModule, type ModuleReference, type ModuleSource } from "./module.js";
import type { Bus } from "./bus.js";
import type { RemoteHost } from "./remote.js";
import type { ActorLimits } from "./types.js";
import { waitingOf, within, type Waiting } from "./waiting.js";

/** A host may take so many milliseconds to fetch, compile and start a module. */
const START_PATIENCE = 60_000;

/** Does what `host.actors` is asked for. */
export class ActorCommands {
  readonly #remote: RemoteHost;
  readonly #bus: Bus;
  readonly #control: Control;
  readonly #lattice: LatticeCommands;
  readonly #own: string;

  constructor(remote: RemoteHost, bus: Bus, control: Control, lattice: LatticeCommands, own: string) {
    this.#remote = remote;
    this.#bus = bus;
    this.#control = control;
    this.#lattice = lattice;
    this.#own = own;
  }

  async start(module: ModuleSource | ModuleReference, options: OnHost & Bounds & Waiting): Promise<string> {
    const { host = this.#own, maxInstances = 0, limits } = options;
    keyOf("N", host);
    return within("the start of the actor", { deadline: START_PATIENCE, ...options }, async () => {
      if (!isReference(module)) return this.#remote.ask("startActor", host, await readModule(module), maxInstances, limits);
      const actor = await this.#keyOf(typeof module === "string" ? module : module.ref);
      if (host !== this.#own) return this.#startThere(host, actor, maxInstances, limits);
      const bytes = await fetchFromLattice(this.#bus, this.#control.lattice, actor);
      return this.#remote.ask("startActor", host, bytes, maxInstances, limits);
    });
  }

  module(actor: string | ModuleReference, waiting: Waiting): Promise<Uint8Array> {
    return within("getting the module", { deadline: START_PATIENCE, ...waiting }, async () => {
      const key = await this.#keyOf(typeof actor === "string" ? actor : actor.ref);
      return fetchFromLattice(this.#bus, this.#control.lattice, key);
    });
  }

  async #startThere(host: string, actor: string, maxInstances: number, limits: ActorLimits | undefined): Promise<string> {
    const ack = await this.#control.commandHost(host, "scale", scaling(actor, maxInstances, limits), {}, START_PATIENCE);
    return ack.actor_id ?? actor;
  }

  async update(actor: string, module: ModuleSource, options: OnHost & Waiting): Promise<void> {
    keyOf("M", actor);
    await within(`the update of actor ${actor}`, { deadline: START_PATIENCE, ...options }, async () => {
      const bytes = await readModule(module);
      const hosts = options.host ? [options.host] : await this.#hostsOf(actor);
      for (const host of hosts) await this.#remote.ask("updateActor", host, actor, bytes);
    });
  }

  async stop(actor: string, options: OnHost & Waiting): Promise<void> {
    keyOf("M", actor);
    await this.#control.commandHost(options.host ?? this.#own, "sa", { actor_id: actor }, waitingOf(options));
  }

  async scale(actor: string, maxInstances: number, options: OnHost & Waiting & { limits?: ActorLimits }): Promise<void> {
    keyOf("M", actor);
    const request = scaling(actor, maxInstances, options.limits);
    await this.#control.commandHost(options.host ?? this.#own, "scale", request, waitingOf(options));
  }

  /** The hosts that run an actor. */
  async #hostsOf(actor: string): Promise<string[]> {
    const inventories = await this.#inventories();
    const hosts = inventories.filter(({ actors }) => actors.some(({ id }) => id === actor)).map(({ host_id }) => host_id);
    if (hosts.length > 0) return hosts;
    throw new WisteriaError("actor-not-found", `actor ${actor} runs on no host; start it with host.actors.start`);
  }

  /** The actor that the lattice knows by a key, an alias, a name, or by what it was started from. */
  async #keyOf(reference: string): Promise<string> {
    if (isKey(reference)) {
      keyOf("M", reference);
      return reference;
    }
    const claims = await this.#lattice.claims({});
    const named = claims.filter(({ call_alias, name }) => call_alias === reference || name === reference).map(({ sub }) => sub);
    const running = named.length > 0 ? [] : (await this.#inventories()).flatMap(({ actors }) => actors);
    const started = running.filter(({ image_ref }) => image_ref === reference).map(({ id }) => id);
    const [actor, ...others] = new Set([...named, ...started]);
    if (actor === undefined) throw new WisteriaError("actor-not-found", `no actor is known as "${reference}"; see host.lattice.claims()`);
    if (others.length === 0) return actor;
    throw new WisteriaError("bad-request", `"${reference}" may be ${[actor, ...others].join(" or ")}; name one by its key`);
  }

  async #inventories() {
    const hosts = (await this.#lattice.hosts({})).filter(({ presence }) => presence === "live");
    const asked = await Promise.allSettled(hosts.map(({ id }) => this.#lattice.inventory(id, {})));
    // Those that have left meanwhile run nothing.
    return asked.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  }
}

/** 0 instances, and limits that are undefined, mean the host's default. */
function scaling(actor: string, maxInstances: number, limits: ActorLimits | undefined): object {
  return { actor_ref: actor, ...(maxInstances > 0 ? { count: maxInstances } : {}), ...(limits ? { limits } : {}) };
}
