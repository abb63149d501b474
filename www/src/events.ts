// News of a host, as an EventTarget and as an async iterable.

import type { ConnectionState, DroppedMessages, LatticeEvent, LogLine, SharedHost } from "./types.js";

/** What happens: on the lattice, in this host's actors, with its connection. */
export interface HostNews {
  event: LatticeEvent;
  log: LogLine;
  connection: ConnectionState;
  /** Told of ever more rarely, the more a subscription has lost. */
  dropped: DroppedMessages;
  /** Told where tabs share the host. */
  shared: SharedHost;
}

/** News that an iteration has not taken yet; the oldest are dropped beyond this. */
const BOUND = 1000;

/** Listen with `addEventListener("event" | "log" | "connection" | "dropped" | "shared")`, or iterate over the lattice's events. */
export class HostEvents extends EventTarget implements AsyncIterable<LatticeEvent> {
  /** Calls `listener` with each piece of news of a kind; returns what ends that. */
  on<K extends keyof HostNews>(kind: K, listener: (news: HostNews[K]) => void): () => void {
    const handler = (event: Event) => listener((event as CustomEvent<HostNews[K]>).detail);
    this.addEventListener(kind, handler);
    return () => this.removeEventListener(kind, handler);
  }

  /** The lattice's events from now on. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LatticeEvent> {
    const waiting: LatticeEvent[] = [];
    let wake: (() => void) | undefined;
    const end = this.on("event", (event) => {
      waiting.push(event);
      if (waiting.length > BOUND) waiting.shift();
      wake?.();
    });
    try {
      for (;;) {
        const event = waiting.shift();
        if (event) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      end();
    }
  }
}
