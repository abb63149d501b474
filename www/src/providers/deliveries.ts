// Delivers what a link subscribed to: in order, one event of a subscription at a time, each until it was handled.

import { WisteriaError } from "../error.js";
import type { EventStore, LinkView, Subscribed } from "./eventstreams.js";

/** The first pause before an event comes again, which doubles up to the last, in milliseconds. */
const PAUSES = [100, 10_000] as const;
/** How long a link that ends waits for what its actor is handling. */
const GRACE = 2000;

/** Has the actor handle a `Delivery`; rejects where it did not. */
export type Tell = (delivery: unknown) => Promise<unknown>;

/** The deliveries of one link. */
export class Deliveries {
  readonly #end = new AbortController();
  readonly #running = new Map<Subscribed, Promise<void>>();
  readonly #link: LinkView;
  readonly #tell: Tell;
  readonly #before: Promise<void>;

  /** `before` resolves once those of the link that it replaces have ended. */
  constructor(link: LinkView, tell: Tell, before = Promise.resolve()) {
    this.#link = link;
    this.#tell = tell;
    this.#before = before;
  }

  /** Delivers all that is subscribed to and not delivered yet. `open` is tried until it brings the store. */
  async begin(open: () => Promise<EventStore>): Promise<void> {
    await this.#before;
    const store = await this.#untilDone("the store is not opened", open);
    if (!store || this.#end.signal.aborted) return;
    for (const subscribed of store.subscriptions(this.#link.owner)) {
      if (this.#running.has(subscribed)) continue;
      const running = this.#deliver(store, subscribed).finally(() => this.#running.delete(subscribed));
      this.#running.set(subscribed, running);
    }
  }

  /** Ends all of them. Resolves once what was being handled is, or soon. */
  async end(): Promise<void> {
    this.#end.abort();
    await Promise.race([Promise.all(this.#running.values()), pause(GRACE)]);
  }

  async #deliver(store: EventStore, subscribed: Subscribed): Promise<void> {
    const { stream, subscription = "" } = subscribed;
    const { signal } = this.#end;
    const { owner } = this.#link;
    let redeliveries = 0;
    while (!signal.aborted && store.subscription(owner, subscribed) === subscribed) {
      const last = store.last(stream);
      const event = await this.#untilDone("events are not delivered", () => store.next(subscribed, this.#link));
      if (signal.aborted) return;
      if (!event) {
        await store.wait(stream, last, signal);
        continue;
      }
      try {
        await this.#tell({ stream, subscription, event, redeliveries });
      } catch (thrown) {
        if (redeliveries === 0) console.warn(`an event of "${stream}" was not handled: ${WisteriaError.from(thrown).message}`);
        await pause(pauseAfter(redeliveries++), signal);
        continue;
      }
      redeliveries = 0;
      await this.#untilDone("what was handled is not noted", () => store.handled(owner, subscribed, event.position));
    }
  }

  /** Tries something until it is done, or the link ends. */
  async #untilDone<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (thrown) {
        if (failures === 0) console.warn(`${what} now: ${WisteriaError.from(thrown).message}`);
        await pause(pauseAfter(failures), this.#end.signal);
        if (this.#end.signal.aborted) return undefined;
      }
    }
  }
}

const pauseAfter = (failures: number) => Math.min(PAUSES[0] * 2 ** failures, PAUSES[1]);

function pause(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    signal?.addEventListener("abort", done);
  });
}
