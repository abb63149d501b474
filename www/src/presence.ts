// Which other hosts are there, as a page hears it: by their events, by their silence, and by brokers that lose them.

import type { Bus } from "./bus.js";
import type { HostEvents } from "./events.js";
import type { Lattice } from "./lattice.js";
import type { HostPresence } from "./types.js";

/** A host that was silent for so many milliseconds has missed a heartbeat, as servers have it. */
const SILENCE = 45_000;
/** A suspended host is taken for gone after so many more. */
const SUSPENSION = 60_000;
/** How often that is looked at. */
const LOOK = 5000;
/** How many hosts are followed; those heard of last are passed over beyond it. */
const MOST_HOSTS = 65_536;

/** What is known of the other hosts. Times are in milliseconds of one clock. */
export class Presence {
  readonly #hosts = new Map<string, { heard: number; suspended?: number }>();
  readonly #tell: (news: HostPresence) => void;

  constructor(tell: (news: HostPresence) => void) {
    this.#tell = tell;
  }

  /** Takes a host for known, without a word of it. */
  know(host: string, presence: "live" | "suspended", now: number): void {
    if (this.#hosts.size < MOST_HOSTS && !this.#hosts.has(host)) this.#hosts.set(host, { heard: now, ...(presence === "suspended" ? { suspended: now } : {}) });
  }

  /** A host has said something. */
  hear(host: string, now: number): void {
    const known = this.#hosts.get(host);
    if (!known && this.#hosts.size >= MOST_HOSTS) return;
    this.#hosts.set(host, { heard: now });
    if (!known || known.suspended !== undefined) this.#tell({ host, presence: "live" });
  }

  /** A broker has lost the connection of a host. */
  lose(host: string, now: number): void {
    const known = this.#hosts.get(host);
    if (!known || known.suspended !== undefined) return;
    known.suspended = now;
    this.#tell({ host, presence: "suspended" });
  }

  /** A host has stopped, or does not come back. */
  drop(host: string): void {
    if (this.#hosts.delete(host)) this.#tell({ host, presence: "gone" });
  }

  /** Suspends who was silent for too long, and drops who did not come back. */
  advance(now: number): void {
    for (const [host, { heard, suspended }] of this.#hosts) {
      if (suspended !== undefined && now - suspended >= SUSPENSION) this.drop(host);
      else if (now - heard >= SILENCE) this.lose(host, now);
    }
  }

  /** This page itself was away: nobody was silent for that. */
  excuse(now: number): void {
    for (const known of this.#hosts.values()) known.heard = now;
  }
}

/** Tells the presence of other hosts from now on, as news, until this page's host ends. */
export async function followPresence(events: HostEvents, bus: Bus, lattice: Lattice, own: string): Promise<void> {
  const now = () => performance.now();
  const presence = new Presence((detail) => events.dispatchEvent(new CustomEvent("presence", { detail })));
  let [isConnected, isComplete] = [true, false];
  const ends = [
    events.on("event", ({ source, type }) => {
      if (source === own) return;
      if (type.endsWith(".host_stopped")) presence.drop(source);
      // Until all are known, one that says something else may have been there all the time.
      else if (isComplete || type.endsWith(".host_started")) presence.hear(source, now());
    }),
    events.on("connection", (state) => {
      isConnected = state === "connected";
      if (isConnected) presence.excuse(now());
    }),
  ];
  try {
    const lost = bus.subscribe("wisteria.lost.*", { raw: true });
    await lost.ready;
    for (const { id, presence: is } of await lattice.hosts()) if (id !== own) presence.know(id, is, now());
    isComplete = true;
    const timer = setInterval(() => isConnected && presence.advance(now()), LOOK);
    ends.push(() => clearInterval(timer));
    // Its end is that of this page's host.
    for await (const { subject } of lost) presence.lose(subject.slice("wisteria.lost.".length), now());
  } finally {
    for (const end of ends) end();
  }
}
