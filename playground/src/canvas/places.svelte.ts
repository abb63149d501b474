// Where things stand on the canvas, and which providers were asked to be seen; kept in this browser per lattice.

import { lattice } from "../lattice/state.svelte";

/** A position on the canvas, inside its host where it has one. */
export interface Place {
  x: number;
  y: number;
}

interface Kept {
  /** By node; those moved last stand last. */
  places: Record<string, Place>;
  /** Hosts that show all their providers. */
  unfolded: string[];
  /** Providers that were brought onto the canvas. */
  pinned: string[];
}

/** Places and names that are kept per lattice; hosts that are gone leave theirs behind. */
const BOUND = 600;

const nothing = (): Kept => ({ places: {}, unfolded: [], pinned: [] });

class Places {
  it = $state.raw<Kept>(nothing());
}

const kept = new Places();
let readFor = "";

const keyOf = (name: string): string => `wisteria canvas ${name}`;

/** A host's name here: this tab has another key with each visit, and keeps its place. */
export function seat(host: string): string {
  return host === lattice.own ? "own" : host;
}

/** Reads what is kept for the lattice that the page has joined. */
export function readPlaces(): void {
  if (readFor === lattice.name) return;
  readFor = lattice.name;
  try {
    kept.it = { ...nothing(), ...(JSON.parse(localStorage.getItem(keyOf(readFor)) ?? "{}") as Partial<Kept>) };
  } catch {
    kept.it = nothing();
  }
}

function write(change: Partial<Kept>): void {
  const { places, unfolded, pinned } = { ...kept.it, ...change };
  kept.it = {
    places: Object.fromEntries(Object.entries(places).slice(-BOUND)),
    unfolded: unfolded.slice(-BOUND),
    pinned: pinned.slice(-BOUND),
  };
  localStorage.setItem(keyOf(readFor), JSON.stringify(kept.it));
}

/** Where a node was put; nothing where it was never moved. */
export function placeOf(node: string): Place | undefined {
  return kept.it.places[node];
}

/** Keeps where nodes were put. */
export function keepPlaces(moved: Record<string, Place>): void {
  const others = Object.entries(kept.it.places).filter(([node]) => !(node in moved));
  write({ places: { ...Object.fromEntries(others), ...moved } });
}

/** Forgets a node's place, as when it moved to another host. */
export function forgetPlaces(): void {
  write({ places: {} });
}

/** Whether a host shows all its providers. */
export function isUnfolded(host: string): boolean {
  return kept.it.unfolded.includes(seat(host));
}

/** Has a host show all its providers, or those in use only. */
export function toggleUnfolded(host: string): void {
  const own = seat(host);
  const others = kept.it.unfolded.filter((other) => other !== own);
  write({ unfolded: others.length < kept.it.unfolded.length ? others : [...others, own] });
}

/** Whether a provider was brought onto the canvas. */
export function isPinned(provider: string): boolean {
  return kept.it.pinned.includes(provider);
}

/** Brings a provider onto the canvas. */
export function pin(provider: string): void {
  if (!isPinned(provider)) write({ pinned: [...kept.it.pinned, provider] });
}
