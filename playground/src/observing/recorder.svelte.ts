// The calls that hosts told of one by one, as far as they are kept, and how far the display has come.

import type { ObservedCall } from "wisteria";
import { freshId } from "../lattice/state.svelte";
import { traffic } from "./traffic.svelte";

/** A call with a number that nothing else on the page has. */
export type Recorded = ObservedCall & { id: number };

/** Calls that are kept; the oldest go beyond. With arguments and answers they take at most 8 MiB. */
export const RECORDED = 1000;

class Recorder {
  /** The calls in sight, oldest first. */
  shown = $state.raw<readonly Recorded[]>([]);
  /** Calls on the lattice that hosts told of by number alone. */
  untold = $state(0);
}

/** What is shown of the record. */
export const recorder = new Recorder();

let kept: Recorded[] = [];
/** While the display stands still: the number of the last call in sight. */
let upTo = Infinity;
let dropped = 0;

/** Records calls; they are in sight once the display goes on. */
export function record(calls: readonly ObservedCall[], more: number): void {
  dropped += more;
  for (const call of calls) kept.push({ ...call, id: freshId() });
  if (kept.length > RECORDED) kept = kept.slice(-RECORDED);
  if (traffic.isPaused) traffic.held += calls.length;
}

/** Brings what was recorded into sight, up to where the display stands. */
export function show(): void {
  recorder.untold = dropped;
  recorder.shown = upTo === Infinity ? [...kept] : kept.filter(({ id }) => id <= upTo);
}

/** Has the display stand still; what comes is recorded and counted. */
export function pause(): void {
  upTo = kept.at(-1)?.id ?? 0;
  traffic.held = 0;
  traffic.isPaused = true;
  show();
}

/** Has the display go on from now. */
export function goOn(): void {
  upTo = Infinity;
  traffic.held = 0;
  traffic.isPaused = false;
  show();
}

/** Brings the next recorded call into sight, or takes the last one out; returns the call that the display stands at. */
export function step(by: 1 | -1): Recorded | undefined {
  if (!traffic.isPaused) pause();
  const at = kept.findLastIndex(({ id }) => id <= upTo) + by;
  const call = kept[Math.min(Math.max(at, 0), kept.length - 1)];
  if (!call) return undefined;
  upTo = call.id;
  traffic.held = kept.filter(({ id }) => id > upTo).length;
  show();
  return call;
}

/** A call that is still kept. */
export const recorded = (id: number): Recorded | undefined => kept.find((call) => call.id === id);

/** The call in which another was made, where it is kept. */
export const parentOf = ({ trace, parent }: ObservedCall): Recorded | undefined =>
  parent === undefined ? undefined : kept.findLast((call) => call.span === parent && call.trace === trace);

/** Forgets all calls. */
export function forgetCalls(): void {
  kept = [];
  dropped = 0;
  goOn();
}
