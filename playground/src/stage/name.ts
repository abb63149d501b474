// What the provider of a tab's stage is called: by a name that no other tab has, as links find providers by their names.

import { lattice } from "../lattice/state.svelte";

/** The name of this tab's stage. */
export function stageName(): string {
  return `stage-${lattice.own.slice(1, 6).toLowerCase()}`;
}

/** Whether a provider is the stage of some tab. */
export function isStage(name: string): boolean {
  return /^stage-[a-z2-7]{5}$/.test(name);
}
