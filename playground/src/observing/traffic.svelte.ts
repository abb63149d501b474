// What the page shows of the calls on the lattice: plain data, written by `counting.ts`, at most four times a second.

import type { ObservedActor } from "wisteria";
import type { Rate } from "./rates";

/** An actor on a host. */
export interface Busy extends ObservedActor {
  rate: Rate | undefined;
}

/** Calls between two that no link joins, as from actor to actor. */
export interface Pair {
  origin: string;
  target: string;
  /** Where the target runs. */
  host: string;
}

/** Whether the page is told of calls: it asks, it is, or why not. */
export type Watching = { state: "asking" | "watching" | "ended" } | { state: "refused"; why: string };

class Traffic {
  watching = $state.raw<Watching>({ state: "asking" });
  /** By {@link linkId}: all calls by a link, on whatever hosts. */
  links = $state.raw<ReadonlyMap<string, Rate>>(new Map());
  /** By {@link seatOf}. */
  actors = $state.raw<ReadonlyMap<string, Busy>>(new Map());
  /** By {@link pairId}. */
  pairRates = $state.raw<ReadonlyMap<string, Rate>>(new Map());
  /** Those that had calls of late. */
  pairs = $state.raw<readonly Pair[]>([]);
  /** Links, pairs and actors with failures that nobody has looked at. */
  unseen = $state.raw<ReadonlySet<string>>(new Set());
  /** Counts up each time that anything here is written. */
  beat = $state(0);
  /** Whether the display stands still. */
  isPaused = $state(false);
  /** Calls that came since then. */
  held = $state(0);
  /** Calls per second in all. */
  perSecond = $state(0);
}

/** The calls on the lattice. */
export const traffic = new Traffic();

/** The name of an actor on a host here. */
export const seatOf = (host: string, actor: string): string => `${host} ${actor}`;

/** The name of a pair here. */
export const pairId = ({ origin, target, host }: Pair): string => `${origin} ${target} ${host}`;
