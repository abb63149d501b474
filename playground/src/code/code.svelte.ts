// What the code area shows: the source that is open, and how its last deployment went.

import type { Problem } from "./compiled";
import { sources } from "./kept-sources.svelte";
import type { Outcome } from "./unit-test";

/** Where a deployment stands. */
export type Stage =
  | { at: "idle" }
  | { at: "compiling" | "testing" | "deploying" }
  /** It has errors, or calls that are not answered as they are to be; nothing was deployed. */
  | { at: "refused"; why: "errors" | "tests" }
  | { at: "failed"; message: string }
  | { at: "deployed"; revision: number; milliseconds: number };

class Code {
  /** The name of the source that is open. */
  open = $state("");
  /** Whether the form for a new actor is open. */
  isNew = $state(false);
  stage = $state.raw<Stage>({ at: "idle" });
  problems = $state.raw<Problem[]>([]);
  /** The contracts that its code names, as far as it was compiled. */
  told = $state.raw<string[]>([]);
  /** Of each unit test, in their order; none before the first run. */
  outcomes = $state.raw<Outcome[]>([]);
  /** The source that is open; nothing where none is. */
  source = $derived(sources.all.find(({ name }) => name === this.open));
}

/** The code area. */
export const code = new Code();

/** Opens a source in the code area, or closes it for an empty name. */
export function openCode(name: string): void {
  if (code.open === name) return;
  Object.assign(code, { open: name, stage: { at: "idle" }, problems: [], outcomes: [], told: [] });
}
