// Applications by their manifests: what a lattice lacks of one, taken step by step, and the manifest of what runs.

import { isKey } from "./control.js";
import { WisteriaError } from "./error.js";
import type { Host } from "./host.js";
import { loadPlanner, type Planner } from "./planner.js";
import type { Manifest, Step, TakenStep } from "./manifest-types.js";
import { readModule, type ModuleSource } from "./module.js";
import type { Inventory, Link } from "./types.js";
import { waitingOf, type Waiting } from "./waiting.js";

/** Where the modules of a manifest's actors are. */
export interface ApplyOptions extends Waiting {
  /** Images are read from here; by default from the page's address. */
  base?: URL | string;
  /** Gets the module of an image, in place of reading it from its address. */
  module?(image: string): ModuleSource | Promise<ModuleSource>;
}

/** What the lattice runs, as a plan has to know it. */
interface Running {
  hosts: Inventory[];
  links: Link[];
  /** The keys of the manifest's actors, by component. */
  actors: Record<string, string>;
  /** The revisions that their modules claim, where they are known. */
  revisions: Record<string, number>;
}

/** The modules of a manifest's actors by component, or the keys of actors whose modules the lattice has. */
type Modules = Map<string, Uint8Array | string>;

/** The applications of a host's lattice. */
export class Applications {
  readonly #host: Host;

  /** Those of the lattice that `host` is on. */
  constructor(host: Host) {
    this.#host = host;
  }

  /** The manifest as it is understood. What is wrong in it is refused as `bad-request`, with its place and what may stand there. */
  async read(manifest: unknown): Promise<Manifest> {
    return (await loadPlanner()).read(manifest);
  }

  /** The steps that {@link Applications.apply} would take. Rejects as `host-not-found` where a component has no place. */
  async plan(manifest: unknown, options: ApplyOptions = {}): Promise<Step[]> {
    const { planner, running, read } = await this.#prepare(manifest, options);
    return planner.plan(read, running);
  }

  /**
   * Starts and links what of a manifest does not run yet, updates actors to later revisions, and brings each step once it is taken. A step that fails ends it
   * with the step's error; what was done stays, and applying again goes on from there.
   */
  async *apply(manifest: unknown, options: ApplyOptions = {}): AsyncGenerator<TakenStep, void> {
    const { planner, running, read, modules } = await this.#prepare(manifest, options);
    const waiting = waitingOf(options);
    for (const step of planner.plan(read, running)) yield this.#take(step, { planner, running, read, modules, waiting });
  }

  /** The manifest of what runs. Modules are named by their actors' keys where nothing better is known. */
  async export(name: string, waiting: Waiting = {}): Promise<Manifest> {
    const [planner, running] = await Promise.all([loadPlanner(), this.#running(waiting)]);
    return planner.manifestOf(name, running);
  }

  /** The key of the provider that a capability of a manifest stands for, as things are now; `null` where none runs. */
  async provider(manifest: unknown, component: string, waiting: Waiting = {}): Promise<string | null> {
    const [planner, running] = await Promise.all([loadPlanner(), this.#running(waiting)]);
    return planner.providerOf(planner.read(manifest), running, component);
  }

  async #prepare(manifest: unknown, options: ApplyOptions) {
    const planner = await loadPlanner();
    const read = planner.read(manifest);
    const [running, modules] = await Promise.all([this.#running(waitingOf(options)), modulesOf(read, options)]);
    for (const [component, module] of modules) {
      const { key, revision } = typeof module === "string" ? { key: module, revision: null } : planner.actorOf(module);
      running.actors[component] = key;
      if (revision !== null) running.revisions[component] = revision;
    }
    return { planner, running, read, modules };
  }

  async #take(step: Step, { planner, running, read, modules, waiting }: Prepared & { waiting: Waiting }): Promise<TakenStep> {
    const host = this.#host;
    if (step.step === "start-provider") {
      const shared = step.is_shared ? planner.providerOf(read, running, step.component) : null;
      const options = { ...waiting, host: step.host, linkName: step.link_name, ...(shared === null ? {} : { key: shared }) };
      const key = await host.providers.start(step.name, options);
      // The next ones share its key, and links lead to it.
      running.hosts = (await this.#running(waiting)).hosts;
      return { ...step, key };
    }
    if (step.step === "update-actor") {
      const key = running.actors[step.component] as string;
      const module = modules.get(step.component) as Uint8Array;
      for (const on of step.hosts) await host.actors.update(key, module, { ...waiting, host: on });
      return { ...step, key };
    }
    if (step.step === "start-actor") {
      const module = modules.get(step.component) as Uint8Array | string;
      const key = await host.actors.start(module, { ...waiting, host: step.host, maxInstances: step.max_instances });
      running.actors[step.component] = key;
      return { ...step, key };
    }
    const provider = planner.providerOf(read, running, step.provider);
    if (provider === null) {
      throw new WisteriaError("provider-unavailable", `no provider runs for ${step.provider}; apply the manifest again`);
    }
    const { contract: contract_id, link_name, values } = step;
    await host.links.put({ actor_id: running.actors[step.actor] ?? "", provider_id: provider, contract_id, link_name, values }, waiting);
    return step;
  }

  async #running(waiting: Waiting): Promise<Running> {
    const { lattice } = this.#host;
    const [hosts, links] = await Promise.all([lattice.hosts(waiting), lattice.links(waiting)]);
    const live = hosts.filter(({ presence }) => presence === "live");
    const inventories = await Promise.allSettled(live.map(({ id }) => lattice.inventory(id, waiting)));
    // Those that have left meanwhile run nothing.
    return { hosts: inventories.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])), links, actors: {}, revisions: {} };
  }
}

interface Prepared {
  planner: Planner;
  running: Running;
  read: Manifest;
  modules: Modules;
}

/** Gets what actors are made of: the lattice has those that are named by a key. */
async function modulesOf(manifest: Manifest, { base, module }: ApplyOptions): Promise<Modules> {
  const actors = manifest.spec.components.filter(({ type }) => type === "actor");
  const got = actors.map(async ({ name, properties: { image } }): Promise<[string, Uint8Array | string]> => {
    if (isKey(image)) return [name, image];
    try {
      const source = module ? await module(image) : new URL(image, base ?? globalThis.location?.href);
      return [name, await readModule(source)];
    } catch (cause) {
      const why = WisteriaError.from(cause);
      throw new WisteriaError(why.code === "other" ? "module-not-found" : why.code, `${name}: the module ${image} cannot be got: ${why.message}`, { cause });
    }
  });
  return new Map(await Promise.all(got));
}
