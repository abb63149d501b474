// Actors of any host, as a page has them started, changed and stopped.

import type { Commanding } from "./commands.js";
import type { ModuleReference, ModuleSource } from "./module.js";
import type { ActorLimits } from "./types.js";
import type { Waiting } from "./waiting.js";

/** Where an actor runs. */
export interface OnHost {
  /** The host's key; this page's host by default. */
  host?: string;
}

/** How an actor is bounded; by its host's defaults where nothing is said. */
export interface Bounds {
  /** Calls it handles at once. */
  maxInstances?: number;
  /** What each may use. More than the host gives is refused as `limit-refused`. */
  limits?: ActorLimits;
}

/** Actors of any host. */
export class Actors {
  readonly #commands: Commanding;

  constructor(commands: Commanding) {
    this.#commands = commands;
  }

  /**
   * Starts an actor and returns its key, `M…`. The module is given by its bytes, by where they are, or by what the lattice
   * knows it by: the key of an actor that runs on another host, or `{ ref }`, its call alias, its name, or what it was started
   * from. `maxInstances` bounds the calls it handles at once, `limits` what each may use. One that runs already goes on
   * within the new bounds.
   */
  async start(module: ModuleSource | ModuleReference, options: OnHost & Bounds & Waiting = {}): Promise<string> {
    return (await this.#commands()).actors.start(module, options);
  }

  /**
   * Has an actor run another module of the same key, on all hosts that run it or on one, and resolves once they do. No call
   * fails: those in flight finish on the old one, which runs on where the new one is refused.
   */
  async update(actor: string, module: ModuleSource, options: OnHost & Waiting = {}): Promise<void> {
    await (await this.#commands()).actors.update(actor, module, options);
  }

  /**
   * The bytes of the module of an actor, from a host that runs it: as they were started, signed where that was. The actor is
   * given by its key, or by `{ ref }`, its call alias, its name, or what it was started from. Rejects as `actor-not-found`
   * where it runs on no host that hands out modules.
   */
  async module(actor: string | ModuleReference, waiting: Waiting = {}): Promise<Uint8Array> {
    return (await this.#commands()).actors.module(actor, waiting);
  }

  /** Stops an actor. */
  async stop(actor: string, options: OnHost & Waiting = {}): Promise<void> {
    await (await this.#commands()).actors.stop(actor, options);
  }

  /** Changes how many calls an actor handles at once, and its limits where any are given. */
  async scale(actor: string, maxInstances: number, options: OnHost & Waiting & { limits?: ActorLimits } = {}): Promise<void> {
    await (await this.#commands()).actors.scale(actor, maxInstances, options);
  }
}
