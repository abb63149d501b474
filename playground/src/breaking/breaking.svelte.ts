// What is about to be broken, and what came of it.

import type { Fault } from "./faults";

class Breaking {
  /** What the page asks whether it is meant. */
  asked = $state.raw<Fault | undefined>(undefined);
  /** What came of filling mailboxes, by actor. */
  notes = $state.raw<ReadonlyMap<string, string>>(new Map());
}

/** What is being broken. */
export const breaking = new Breaking();

/** Asks whether something is to be broken. */
export function askFor(fault: Fault): void {
  breaking.asked = fault;
}

/** Notes what came of it for an actor. */
export function note(actor: string, words: string): void {
  breaking.notes = new Map([...breaking.notes, [actor, words]]);
}
