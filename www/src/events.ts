// News of a host, as an EventTarget and as an async iterable.

import { WisteriaError } from "./error.js";
import type { ConnectionState, DroppedMessages, HostPresence, LatticeEvent, LogLine, SharedHost } from "./types.js";

/** What happens: on the lattice, in this host's actors, with its connection. */
export interface HostNews {
  event: LatticeEvent;
  log: LogLine;
  connection: ConnectionState;
  /** Told of ever more rarely, the more a subscription has lost. */
  dropped: DroppedMessages;
  /** Told where tabs share the host. */
  shared: SharedHost;
  /** Told of other hosts, from when somebody listens. */
  presence: HostPresence;
}

/** News that an iteration has not taken yet; the oldest are dropped beyond this. */
const BOUND = 1000;

/**
 * Listen with `addEventListener("event" | "log" | "connection" | "dropped" | "shared" | "presence")`, or iterate over the lattice's
 * events.
 */
export class HostEvents extends EventTarget implements AsyncIterable<LatticeEvent> {
  #followPresence: (() => Promise<void>) | undefined;

  /** `followPresence` begins to tell `presence`, which nobody pays for who does not listen. */
  constructor(followPresence?: () => Promise<void>) {
    super();
    this.#followPresence = followPresence;
  }

  override addEventListener(...listening: Parameters<EventTarget["addEventListener"]>): void {
    super.addEventListener(...listening);
    if (listening[0] !== "presence") return;
    const follow = this.#followPresence;
    this.#followPresence = undefined;
    follow?.().catch((thrown) => console.warn(`whether other hosts are there is not told: ${WisteriaError.from(thrown).message}`));
  }

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
