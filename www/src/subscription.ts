// A subscription of the page: what it has heard and not taken yet, as an async iterable.

import type { BusMessage, SubscribeOptions } from "./bus.js";
import { WisteriaError } from "./error.js";
import { IN_FLIGHT, type WireMessage } from "./protocol.js";
import type { RemoteHost } from "./remote.js";

interface Taker {
  resolve(result: IteratorResult<BusMessage, undefined>): void;
  reject(error: WisteriaError): void;
}

/** Makes what is taken of what was heard. */
type Reader = (message: WireMessage) => BusMessage;

/** Room is told back to the host in so many steps. */
const STEP = IN_FLIGHT / 4;

/**
 * What is heard on a subject, to iterate over. It ends with the loop, by {@link BusSubscription.return}, by its signal, or with
 * its host; one that the lattice refuses throws why.
 */
export class BusSubscription implements AsyncIterableIterator<BusMessage, undefined>, AsyncDisposable {
  /** The subject, or the pattern. */
  readonly subject: string;
  /** Resolves once everything that is published from then on is heard; rejects where the lattice refuses it. */
  readonly ready: Promise<void>;
  readonly #remote: RemoteHost;
  readonly #number: number;
  /** Known before anything is heard. */
  #read!: Reader;
  readonly #signal: AbortSignal | undefined;
  #heard: WireMessage[] = [];
  #takers: Taker[] = [];
  #taken = 0;
  #dropped = 0;
  #end: { error?: WisteriaError } | undefined;

  constructor(remote: RemoteHost, subject: string, { queue, signal }: SubscribeOptions, reader: Promise<Reader>) {
    this.subject = subject;
    this.#remote = remote;
    this.#signal = signal;
    this.#number = remote.listen(this);
    this.ready = signal?.aborted ? Promise.reject(givenUp(subject, signal)) : this.#begin(queue, reader);
    this.ready.catch((error: WisteriaError) => this.end(error));
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  async #begin(queue: string | undefined, reader: Promise<Reader>): Promise<void> {
    this.#read = await reader;
    if (!this.#end) await this.#remote.ask("subscribe", this.#number, this.subject, queue);
  }

  /** How many messages were lost, as more waited than may: 1280 that were heard and not taken. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The next message; done once the subscription has ended and all was taken. */
  next(): Promise<IteratorResult<BusMessage, undefined>> {
    const message = this.#heard.shift();
    if (message) {
      this.#take();
      return Promise.resolve({ done: false, value: this.#read(message) });
    }
    if (this.#end) {
      const { error } = this.#end;
      // A failure is told once.
      this.#end = {};
      return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  /** Ends it; what was heard and not taken is let go. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#heard = [];
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The host hands over what was heard. */
  hear(messages: WireMessage[], dropped: number): void {
    this.#dropped = dropped;
    for (const message of messages) {
      if (this.#end) return;
      const taker = this.#takers.shift();
      if (!taker) {
        this.#heard.push(message);
        continue;
      }
      this.#take();
      taker.resolve({ done: false, value: this.#read(message) });
    }
  }

  /** It ends, by its reader or because of a failure. */
  end(error?: WisteriaError): void {
    if (this.#end) return;
    this.#end = error ? { error } : {};
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#remote.hush(this.#number);
    const [first, ...others] = this.#takers.splice(0);
    if (first && error) {
      this.#end = {};
      first.reject(error);
    } else {
      first?.resolve({ done: true, value: undefined });
    }
    for (const taker of others) taker.resolve({ done: true, value: undefined });
  }

  readonly #abort = () => void this.return();

  #take(): void {
    this.#taken += 1;
    if (this.#taken < STEP || this.#end) return;
    this.#remote.taken(this.#number, this.#taken);
    this.#taken = 0;
  }
}

function givenUp(subject: string, signal: AbortSignal): WisteriaError {
  return new WisteriaError("aborted", `the signal for listening to ${subject} was aborted before it began`, { cause: signal.reason });
}
