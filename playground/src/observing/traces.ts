// Calls that came of one call, nested, on one scale of time.

import type { Recorded } from "./recorder.svelte";

/** A call in its trace. */
export interface Bar {
  call: Recorded;
  /** How many calls it was made in. */
  depth: number;
  /** Where it begins and how long it is, as parts of the whole. */
  start: number;
  length: number;
  /** The part of it that it waited for its turn. */
  waited: number;
}

/** A call with all that came of it. */
export interface Trace {
  id: string;
  /** In milliseconds since 1970, and milliseconds. */
  began: number;
  took: number;
  hosts: string[];
  hasFailed: boolean;
  /** Callers stand before those they called. */
  bars: Bar[];
}

/** Traces that are shown, the newest. */
export const TRACES = 40;

/** The traces of recorded calls, the newest first. */
export function tracesOf(calls: readonly Recorded[]): Trace[] {
  const byTrace = new Map<string, Recorded[]>();
  for (const call of calls) {
    const own = byTrace.get(call.trace);
    if (own) own.push(call);
    else byTrace.set(call.trace, [call]);
  }
  return [...byTrace].slice(-TRACES).reverse().map(([id, own]) => traceOf(id, own));
}

/** One trace of its calls. */
export function traceOf(id: string, calls: Recorded[]): Trace {
  const rows = nested(calls);
  const began = Math.min(...rows.map(({ began }) => began));
  const took = Math.max(...rows.map(({ began, call }) => began + call.took)) - began;
  const scale = Math.max(took, Number.MIN_VALUE);
  return {
    id,
    began,
    took,
    hosts: [...new Set(calls.map(({ host }) => host))],
    hasFailed: calls.some(({ error }) => error !== undefined),
    bars: rows.map(({ call, depth, began: own }) => ({
      call,
      depth,
      start: (own - began) / scale,
      length: call.took / scale,
      waited: call.took > 0 ? Math.min(1, call.waited / call.took) : 0,
    })),
  };
}

interface Row {
  call: Recorded;
  depth: number;
  began: number;
}

function nested(calls: Recorded[]): Row[] {
  const spans = new Set(calls.map(({ span }) => span));
  const children = new Map<string, Recorded[]>();
  const roots: Recorded[] = [];
  for (const call of calls.toSorted((one, other) => one.began - other.began)) {
    const { parent } = call;
    if (parent === undefined || parent === call.span || !spans.has(parent)) roots.push(call);
    else children.set(parent, [...(children.get(parent) ?? []), call]);
  }
  const rows: Row[] = [];
  const seen = new Set<Recorded>();
  const add = (call: Recorded, depth: number, caller: Row | undefined) => {
    // Whoever may tell of calls may tell of circles.
    if (seen.has(call)) return;
    seen.add(call);
    const row = { call, depth, began: beganIn(call, caller) };
    rows.push(row);
    for (const child of children.get(call.span) ?? []) add(child, depth + 1, row);
  };
  for (const root of roots) add(root, 0, undefined);
  for (const call of calls) add(call, 0, undefined);
  return rows;
}

/** When a call began by its caller's clock: hosts' clocks differ, and a call lies within the one that it was made in. */
function beganIn({ began, took }: Recorded, caller: Row | undefined): number {
  if (!caller) return began;
  const end = caller.began + caller.call.took;
  const isWithin = began >= caller.began && began + took <= end;
  return isWithin || took > caller.call.took ? Math.max(began, caller.began) : caller.began + (caller.call.took - took) / 2;
}
