// What a subscription hears, on its way to the page: no more than the page takes, and no more waits than a bound.

import type { TabHost } from "./host/host.js";
import { IN_FLIGHT, type FromHost, type WireMessage } from "./protocol.js";

/** Messages of a subscription that may wait here beyond those; what comes then is dropped and counted. */
export const WAITING = 1024;

/** The host's end of a subscription. */
export class Feed {
  readonly #number: number;
  readonly #subject: string;
  readonly #post: (message: FromHost) => void;
  #waiting: WireMessage[] = [];
  #room = IN_FLIGHT;
  #dropped = 0;

  /** `post` hands the page a message. */
  constructor(number: number, subject: string, post: (message: FromHost) => void) {
    this.#number = number;
    this.#subject = subject;
    this.#post = post;
  }

  /** A message arrives. */
  put(message: WireMessage): void {
    if (this.#room > 0) {
      this.#room -= 1;
      this.#send([message]);
    } else if (this.#waiting.length < WAITING) {
      this.#waiting.push(message);
    } else {
      this.#drop();
    }
  }

  /** The page has taken so many, and has room for as many more. */
  taken(count: number): void {
    // A host that took over from another knows nothing of what that one sent.
    this.#room = Math.min(IN_FLIGHT, this.#room + count);
    const next = this.#waiting.splice(0, this.#room);
    if (next.length === 0) return;
    this.#room -= next.length;
    this.#send(next);
  }

  #send(messages: WireMessage[]): void {
    this.#post({ heard: this.#number, messages, dropped: this.#dropped });
  }

  #drop(): void {
    this.#dropped += 1;
    // Told ever more rarely, so that a flood is not answered by another.
    const isPowerOfTwo = (this.#dropped & (this.#dropped - 1)) === 0;
    if (isPowerOfTwo) this.#post({ news: "dropped", detail: { subject: this.#subject, dropped: this.#dropped } });
  }
}

/** The subscriptions of one page. */
export class Feeds {
  readonly #post: (message: FromHost) => void;
  /** By the page's numbers. */
  readonly #open = new Map<number, { feed: Feed; own: number; host: Listened }>();

  constructor(post: (message: FromHost) => void) {
    this.#post = post;
  }

  /** Resolves once the lattice is listened to; rejects where it lets nobody listen. */
  async subscribe(host: Listened, number: number, subject: string, queue: string | undefined): Promise<void> {
    const feed = new Feed(number, subject, this.#post);
    const own = next++;
    this.#open.set(number, { feed, own, host });
    try {
      await host.subscribe(own, subject, queue, (message) => feed.put(message));
    } catch (thrown) {
      this.#open.delete(number);
      throw thrown;
    }
  }

  unsubscribe(number: number): void {
    const open = this.#open.get(number);
    this.#open.delete(number);
    open?.host.unsubscribe(open.own);
  }

  /** The page has taken so many messages of a subscription. */
  taken(number: number, count: number): void {
    this.#open.get(number)?.feed.taken(count);
  }

  /** The page is gone. */
  end(): void {
    for (const number of [...this.#open.keys()]) this.unsubscribe(number);
  }
}

/** What is listened with. */
type Listened = Pick<TabHost, "subscribe" | "unsubscribe">;

/** Pages count for themselves; the host of several has numbers of its own. */
let next = 1;
