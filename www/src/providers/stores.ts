// The stores of a tab that links name, each opened once.

import { WisteriaError } from "../error.js";
import type { ProvidedLink } from "../provide.js";

/** How many stores of a kind a host has open. */
const MOST_STORES = 64;

/** Stores by the names that a link value gives them. */
export class Stores<S> {
  readonly #stores = new Map<string, Promise<S>>();
  readonly #value: string;
  readonly #example: string;
  readonly #make: (name: string) => Promise<S>;

  /** `value` is the link value that names one, `make` opens it. */
  constructor(value: string, example: string, make: (name: string) => Promise<S>) {
    this.#value = value;
    this.#example = example;
    this.#make = make;
  }

  /** The one that a link names. One that cannot be opened refuses a new link; an old one has it opened when it is used. */
  async link({ values, isNew }: ProvidedLink): Promise<S | undefined> {
    try {
      return await this.#open(values[this.#value] ?? "");
    } catch (thrown) {
      if (!isNew) return undefined;
      throw new Error(`its store cannot be opened: ${WisteriaError.from(thrown).message}`);
    }
  }

  /** The one that a call's link names. */
  of({ values }: Pick<ProvidedLink, "values">): Promise<S> {
    const name = values[this.#value] ?? "";
    return this.#open(name).catch((thrown: unknown) => {
      const why = WisteriaError.from(thrown).message;
      throw new WisteriaError("provider-unavailable", `the store "${name}" cannot be opened: ${why}`);
    });
  }

  async #open(name: string): Promise<S> {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
      throw new Error(`\`${this.#value}\` has up to 64 letters, digits, \`_\` and \`-\`; write it as ${this.#value}=${this.#example}`);
    }
    const opened = this.#stores.get(name);
    if (opened) return opened;
    if (this.#stores.size >= MOST_STORES) throw new Error(`this tab has ${MOST_STORES} stores open; link to one of them`);
    const opening = this.#make(name);
    this.#stores.set(name, opening);
    // Whoever links next tries again.
    opening.catch(() => this.#stores.delete(name));
    return opening;
  }
}
