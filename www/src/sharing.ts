// What the tabs of an origin that share a host say to each other, and the locks by which they know of each other.

import type { FromHost, Started, ToHost } from "./protocol.js";

/** How a leader is told of by those that follow it: a random name for each time that a tab leads. */
export type Term = string;

/** To all tabs of the lattice. */
export type Announcement =
  /** A tab leads now. */
  | { leads: Term }
  /** Names that pages have provided under, in the order in which they got their keys. */
  | { names: string[] }
  /** A tab looks for who leads. */
  | { seeks: string };

/** What a follower learns from its leader. */
export interface Led {
  term: Term;
  started: Started;
  names: string[];
}

/** From the leader to one follower. */
export type FromLeader = { led: Led } | FromHost;

/** From one follower to its leader. */
export type ToLeader = ToHost | { leaves: true };

const of = (lattice: string) => `wisteria shared ${lattice}`;

/** The channel of all tabs. */
export const announcements = (lattice: string) => new BroadcastChannel(of(lattice));

/** The channel of one follower and its leader. */
export const channelOf = (lattice: string, tab: string) => new BroadcastChannel(`${of(lattice)} ${tab}`);

/** Who holds this lock leads; the others wait for it. */
export const leadership = (lattice: string) => `${of(lattice)} leader`;

/** A leader holds this lock for as long as it leads; its followers wait for it, to hear of the end at once. */
export const lockOfTerm = (lattice: string, term: Term) => `${of(lattice)} term ${term}`;

/** A tab holds this lock for as long as it is there. */
export const lockOfTab = (lattice: string, tab: string) => `${of(lattice)} tab ${tab}`;

/** Holds a lock until `end` is settled; resolves once it is held. */
export function hold(lock: string, end: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lock, () => {
        resolve();
        return end;
      })
      .catch(reject);
  });
}
