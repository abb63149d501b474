// State that outlives the tab: each change is a list of steps, which a journal keeps before they show.

import { WisteriaError } from "../error.js";
import type { Journal } from "./journal.js";

/** Steps that are kept beyond twice the least there could be, before they are replaced by what they came to. */
const SLACK = 1024;

/** State made of steps. What changes it is done one after another. */
export abstract class Journaled<T> {
  readonly #journal: Journal<T>;
  #kept = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(journal: Journal<T>) {
    this.#journal = journal;
  }

  /** Takes a step. It was taken before by whoever asked for it, so it does not fail. */
  protected abstract apply(step: T): void;

  /** The least steps that lead to the state; what is of no use any more is left out. */
  protected abstract steps(): T[];

  /** How many those would be, about. */
  protected abstract get size(): number;

  /** Takes the steps that a journal kept. */
  protected replay(kept: T[][]): void {
    for (const steps of kept) this.#apply(steps);
  }

  /**
   * Has `work` look at the state and say by which steps it changes, after whoever came before. They are durable and have been
   * taken when the promise resolves; it throws what `work` throws, and then nothing has changed.
   */
  protected change<R>(work: (steps: T[]) => R): Promise<R> {
    const outcome = this.#last.then(async () => {
      const steps: T[] = [];
      const reply = work(steps);
      if (steps.length > 0) {
        const kept = this.#journal.append(steps);
        if (kept) await kept;
        this.#apply(steps);
        await this.#compact();
      }
      return reply;
    });
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  #apply(steps: T[]): void {
    this.#kept += steps.length;
    for (const step of steps) this.apply(step);
  }

  async #compact(): Promise<void> {
    if (this.#kept < SLACK + 2 * this.size) return;
    const steps = this.steps();
    try {
      await this.#journal.replace(steps);
      this.#kept = steps.length;
    } catch (thrown) {
      // What was there is there still; it is tried again when as much has come again.
      console.warn(`a store of this tab could not make its log smaller: ${WisteriaError.from(thrown).message}`);
      this.#kept = 0;
    }
  }
}
