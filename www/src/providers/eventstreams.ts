// Event streams of a tab that outlive it: what streams hold, and how far their subscriptions have come. Words and results are
// those of all providers of `wisteria:eventstreams`.

import type { AppendRequest, EventStreams, ReadRequest, StreamEvent, SubscribeRequest, Subscription } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { badArgument } from "../provide.js";
import { bytesOf, fields, isBytes, isText, isU32, isU64, optional } from "./arguments.js";
import type { Journal } from "./journal.js";
import { Journaled } from "./journaled.js";

/** A step from one state to the next, as it is kept. */
export type Step =
  | ["event", stream: string, time: number, type: string, data: Uint8Array]
  /** The events up to a position are gone; the next one comes after it. */
  | ["gone", stream: string, position: number]
  | ["subscription", owner: string, stream: string, name: string, position: number]
  | ["end", owner: string, stream: string, name: string]
  | ["handled", owner: string, stream: string, name: string, position: number];

/** How much of a stream is kept; what is not said is no bound. */
export interface Retention {
  events?: number;
  bytes?: number;
  /** In milliseconds. */
  age?: number;
}

/** How a link sees a store. */
export interface LinkView {
  /** In whose name its subscriptions are kept. */
  owner: string;
  retention: Retention;
}

/** A subscription, which is another object when it is made again. What comes after `position` was not handled yet. */
export interface Subscribed extends Subscription {
  position: number;
}

interface Stream {
  /** In order, from the oldest on; their positions have no gaps. */
  events: StreamEvent[];
  bytes: number;
  last: number;
}

/** Bytes of a name. */
const MOST_NAME = 256;
/** Bytes of an event, its type included: what the bus carries to an actor, less room for the rest. */
const MOST_EVENT = 7 << 20;
/** Bytes of events in an answer; a single event may have more. */
const MOST_READ = 1 << 20;
/** Bytes of events in a store: the tab holds them in memory, too. */
const MOST_STORED = 256 << 20;
/** Subscriptions of a link. */
const MOST_SUBSCRIPTIONS = 1000;
/** How many events a read answers where it does not say, and at most. */
const [READ_LIMIT, MOST_READ_LIMIT] = [100, 1000];

const failed = (message: string) => new WisteriaError("provider-failed", message);
const lengthOf = (text: string) => new TextEncoder().encode(text).length;
const sizeOf = (type: string, data: Uint8Array) => lengthOf(type) + data.length;

/** The streams of one store. Operations are carried out one after another. */
export class EventStore extends Journaled<Step> {
  readonly #streams = new Map<string, Stream>();
  /** By owner, then by stream and name. */
  readonly #subscriptions = new Map<string, Map<string, Subscribed>>();
  /** Who waits for the next event of a stream. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #bytes = 0;
  #events = 0;

  /** What the steps come to that a journal kept. */
  constructor(journal: Journal<Step>, kept: Step[][]) {
    super(journal);
    this.replay(kept);
  }

  /** Carries out an operation. It is durable when the promise resolves. */
  carryOut<O extends keyof EventStreams>(operation: O, argument: unknown, link: LinkView): Promise<ReturnType<EventStreams[O]>> {
    const { read, run } = OPERATIONS[operation] as unknown as Operation;
    if (!read(argument)) throw badArgument(operation, `it is not what ${operation} takes`);
    return this.change((steps) => run(this, argument, link, steps) as ReturnType<EventStreams[O]>);
  }

  /** The subscriptions of an owner. */
  subscriptions(owner: string): Subscribed[] {
    return [...(this.#subscriptions.get(owner)?.values() ?? [])];
  }

  /** The subscription of that name, if there is one. */
  subscription(owner: string, { stream, subscription }: Subscription): Subscribed | undefined {
    return this.#subscriptions.get(owner)?.get(keyOf(stream, subscription ?? ""));
  }

  /** Forgets an owner's subscriptions. */
  forget(owner: string): Promise<void> {
    return this.change((steps) => {
      for (const { stream, subscription = "" } of this.subscriptions(owner)) steps.push(["end", owner, stream, subscription]);
    });
  }

  /** Notes how far a subscription has come, if it is there still. */
  handled(owner: string, subscribed: Subscribed, position: number): Promise<void> {
    const { stream, subscription = "" } = subscribed;
    return this.change((steps) => {
      const isIt = this.subscription(owner, subscribed) === subscribed && subscribed.position < position;
      if (isIt) steps.push(["handled", owner, stream, subscription, position]);
    });
  }

  /** The next event for a subscription, if there is one yet. */
  next({ stream, position }: Subscribed, { retention }: LinkView): Promise<StreamEvent | undefined> {
    return this.change((steps) => this.after(stream, position, 1, retention, steps)[0]);
  }

  /** The position of the last event that a stream ever had. */
  last(stream: string): number {
    return this.#streams.get(stream)?.last ?? 0;
  }

  /** Resolves when that stream has more than it had up to `last`, a subscription to it ends, or `signal` is aborted. */
  wait(stream: string, last: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.last(stream) !== last) return resolve();
      const waiting = this.#waiting.get(stream) ?? new Set();
      this.#waiting.set(stream, waiting);
      const done = () => {
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(stream);
        signal.removeEventListener("abort", done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  append({ stream, type = "", data: given = "", expectedPosition }: AppendRequest, { retention }: LinkView, steps: Step[]) {
    checkStream(stream);
    const data = bytesOf(given);
    const size = sizeOf(type, data);
    if (size > MOST_EVENT) {
      throw failed(`the event has ${size} bytes, and no event more than ${MOST_EVENT}; keep the rest elsewhere, and say where`);
    }
    if (retention.bytes !== undefined && size > retention.bytes) {
      throw failed(
        `the event has ${size} bytes, and the link keeps ${retention.bytes} of a stream; send less, or put the link again with a larger MAX_BYTES`,
      );
    }
    const { events, bytes, last } = this.#streams.get(stream) ?? { events: [], bytes: 0, last: 0 };
    if (expectedPosition !== undefined && expectedPosition !== null && expectedPosition !== last) return { appended: false, position: last };
    const time = Date.now();
    const gone = tooMuch(events, bytes, retention, size);
    if (this.#bytes + size > MOST_STORED && gone === undefined) {
      throw failed(`this store holds ${MOST_STORED} bytes of events, as many as a tab keeps; have its links say MAX_BYTES, or use another FILE`);
    }
    steps.push(["event", stream, time, type, data]);
    if (gone !== undefined) steps.push(["gone", stream, gone]);
    return { appended: true, position: last + 1 };
  }

  read({ stream, after, limit }: ReadRequest, { retention }: LinkView, steps: Step[]) {
    checkStream(stream);
    const most = Math.min(limit || READ_LIMIT, MOST_READ_LIMIT);
    const found = this.after(stream, after ?? 0, most + 1, retention, steps);
    let [count, bytes] = [0, 0];
    for (const { type, data } of found) {
      bytes += sizeOf(type, data);
      if (count > 0 && (count === most || bytes > MOST_READ)) break;
      count += 1;
    }
    return { events: found.slice(0, count), isLast: count === found.length };
  }

  info(name: string, { retention }: LinkView, steps: Step[]) {
    checkStream(name);
    const [first] = this.after(name, 0, 1, retention, steps);
    return { firstPosition: first?.position ?? 0, lastPosition: this.last(name) };
  }

  subscribe({ stream, subscription = "", after }: SubscribeRequest, { owner }: LinkView, steps: Step[]) {
    checkStream(stream);
    checkSubscription(subscription);
    const found = this.subscription(owner, { stream, subscription });
    if (found) return { created: false, position: found.position };
    if (this.subscriptions(owner).length >= MOST_SUBSCRIPTIONS) {
      throw failed(`this link has ${MOST_SUBSCRIPTIONS} subscriptions already; end one of them, or use another link`);
    }
    const position = Math.min(after ?? this.last(stream), Number.MAX_SAFE_INTEGER);
    steps.push(["subscription", owner, stream, subscription, position]);
    return { created: true, position };
  }

  unsubscribe({ stream, subscription = "" }: Subscription, { owner }: LinkView, steps: Step[]): boolean {
    checkStream(stream);
    checkSubscription(subscription);
    const isThere = this.subscription(owner, { stream, subscription }) !== undefined;
    if (isThere) steps.push(["end", owner, stream, subscription]);
    return isThere;
  }

  /** The first events after a position that are not too old. */
  private after(name: string, position: number, most: number, { age }: Retention, steps: Step[]): StreamEvent[] {
    const { events, bytes } = this.#streams.get(name) ?? { events: [], bytes: 0 };
    const gone = age === undefined ? undefined : tooMuch(events, bytes, { age });
    if (gone !== undefined) steps.push(["gone", name, gone]);
    const from = Math.max(0, Math.max(position, gone ?? 0) + 1 - (events[0]?.position ?? 0));
    return events.slice(from, from + most);
  }

  protected get size(): number {
    return this.#events + this.#streams.size + this.#subscriptions.size;
  }

  protected steps(): Step[] {
    const streams = [...this.#streams].flatMap(([name, { events, last }]): Step[] => [
      ["gone", name, last - events.length],
      ...events.map(({ time, type, data }): Step => ["event", name, time, type, data]),
    ]);
    const subscriptions = [...this.#subscriptions.keys()].flatMap((owner) =>
      this.subscriptions(owner).map(({ stream, subscription = "", position }): Step => ["subscription", owner, stream, subscription, position]),
    );
    return [...streams, ...subscriptions];
  }

  protected apply(step: Step): void {
    switch (step[0]) {
      case "event": {
        const [, name, time, type, data] = step;
        const stream = this.#stream(name);
        stream.last += 1;
        stream.events.push({ position: stream.last, time, type, data });
        this.#count(stream, 1, sizeOf(type, data));
        this.#wake(name);
        break;
      }
      case "gone": {
        const [, name, position] = step;
        const stream = this.#stream(name);
        stream.last = Math.max(stream.last, position);
        const gone = stream.events.findIndex((event) => event.position > position);
        for (const { type, data } of stream.events.splice(0, gone < 0 ? stream.events.length : gone)) {
          this.#count(stream, -1, -sizeOf(type, data));
        }
        break;
      }
      case "subscription": {
        const [, owner, stream, subscription, position] = step;
        const owned = this.#subscriptions.get(owner) ?? new Map<string, Subscribed>();
        this.#subscriptions.set(owner, owned.set(keyOf(stream, subscription), { stream, subscription, position }));
        break;
      }
      case "end": {
        const [, owner, stream, subscription] = step;
        const owned = this.#subscriptions.get(owner);
        if (owned?.delete(keyOf(stream, subscription)) && owned.size === 0) this.#subscriptions.delete(owner);
        this.#wake(stream);
        break;
      }
      case "handled": {
        const [, owner, stream, subscription, position] = step;
        const subscribed = this.subscription(owner, { stream, subscription });
        if (subscribed) subscribed.position = position;
      }
    }
  }

  #wake(stream: string): void {
    for (const wake of [...(this.#waiting.get(stream) ?? [])]) wake();
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name) ?? { events: [], bytes: 0, last: 0 };
    this.#streams.set(name, stream);
    return stream;
  }

  #count(stream: Stream, events: number, bytes: number): void {
    stream.bytes += bytes;
    this.#bytes += bytes;
    this.#events += events;
  }
}

/** No name has a line feed next to a length. */
const keyOf = (stream: string, subscription: string) => `${stream.length}\n${stream}\n${subscription}`;

/** The position up to which events are to go, if any are; `coming` is the size of one that is added to them. */
function tooMuch(events: readonly StreamEvent[], bytes: number, most: Retention, coming?: number): number | undefined {
  const now = Date.now();
  let left = events.length + (coming === undefined ? 0 : 1);
  let leftBytes = bytes + (coming ?? 0);
  let gone: number | undefined;
  for (const { position, time, type, data } of events) {
    const fits = left <= (most.events ?? Infinity) && leftBytes <= (most.bytes ?? Infinity) && now - time < (most.age ?? Infinity);
    if (fits) break;
    left -= 1;
    leftBytes -= sizeOf(type, data);
    gone = position;
  }
  return gone;
}

function checkStream(name: string): void {
  const length = lengthOf(name);
  if (length < 1 || length > MOST_NAME) throw noName("a stream", `1 to ${MOST_NAME}`, length);
}

function checkSubscription(name: string): void {
  const length = lengthOf(name);
  if (length > MOST_NAME) throw noName("a subscription", `up to ${MOST_NAME}`, length);
}

const noName = (what: string, allowed: string, length: number) =>
  failed(`the name of ${what} has ${allowed} bytes, this one has ${length}; choose another`);

/** How an operation reads its argument, and what it does. */
interface Operation {
  read(argument: unknown): boolean;
  run(store: EventStore, argument: unknown, link: LinkView, steps: Step[]): unknown;
}

const OPERATIONS = {
  "EventStreams.Append": {
    read: fields({ stream: isText, type: optional(isText), data: optional(isBytes), expectedPosition: optional(isU64) }),
    run: (store: EventStore, event: AppendRequest, link: LinkView, steps: Step[]) => store.append(event, link, steps),
  },
  "EventStreams.Read": {
    read: fields({ stream: isText, after: optional(isU64), limit: optional(isU32) }),
    run: (store: EventStore, what: ReadRequest, link: LinkView, steps: Step[]) => store.read(what, link, steps),
  },
  "EventStreams.GetInfo": {
    read: isText,
    run: (store: EventStore, name: string, link: LinkView, steps: Step[]) => store.info(name, link, steps),
  },
  "EventStreams.Subscribe": {
    read: fields({ stream: isText, subscription: optional(isText), after: optional(isU64) }),
    run: (store: EventStore, request: SubscribeRequest, link: LinkView, steps: Step[]) => store.subscribe(request, link, steps),
  },
  "EventStreams.Unsubscribe": {
    read: fields({ stream: isText, subscription: optional(isText) }),
    run: (store: EventStore, which: Subscription, link: LinkView, steps: Step[]) => store.unsubscribe(which, link, steps),
  },
} satisfies {
  [O in keyof EventStreams]: {
    read(argument: unknown): boolean;
    run(store: EventStore, argument: never, link: LinkView, steps: Step[]): ReturnType<EventStreams[O]>;
  };
};

/** All operations. */
export const operations = Object.keys(OPERATIONS) as (keyof EventStreams)[];
