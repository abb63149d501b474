// The page's end of the host's worker: asks, and matches answers to questions.

import { WisteriaError } from "./error.js";
import type { Ask, AskAnswer, FromHost, Methods, ToHost } from "./protocol.js";
import type { BusSubscription } from "./subscription.js";

/** The part of a `Worker` that is needed here. */
export interface WorkerLike {
  onmessage: ((message: MessageEvent<FromHost>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToHost): void;
  terminate(): void;
}

type News = Extract<FromHost, { news: string }>;

interface Open {
  resolve(value: unknown): void;
  reject(error: WisteriaError): void;
}

/** A host in a worker. */
export class RemoteHost {
  readonly #worker: WorkerLike;
  readonly #open = new Map<number, Open>();
  /** What answers for the page's providers, by number; it never rejects. */
  readonly providers = new Map<number, (ask: Ask) => Promise<AskAnswer>>();
  readonly #subscriptions = new Map<number, BusSubscription>();
  #next = 1;
  #failure: WisteriaError | undefined;

  constructor(worker: WorkerLike, onNews: (news: News) => void) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if ("news" in data) onNews(data);
      else if ("heard" in data) this.#subscriptions.get(data.heard)?.hear(data.messages, data.dropped);
      else if ("ask" in data) void this.#answer(data);
      else this.#settle(data);
    };
    worker.onerror = (event) => {
      const cause = event.message ? `: ${event.message}` : "; its script could not be loaded";
      this.fail(new WisteriaError("worker-failed", `the host's worker failed${cause}; start the host again`));
    };
  }

  /** Whether the host has not ended. */
  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Has the host carry out a method. */
  ask<M extends keyof Methods>(method: M, ...args: Parameters<Methods[M]>): Promise<Awaited<ReturnType<Methods[M]>>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      try {
        this.#worker.postMessage({ id, method, args });
      } catch (cause) {
        this.#open.delete(id);
        const why = WisteriaError.from(cause).message;
        reject(new WisteriaError("bad-request", `the host's worker cannot be given this: ${why}; give plain data`, { cause }));
      }
    });
  }

  /** Counts in a subscription of the page; returns its number. */
  listen(subscription: BusSubscription): number {
    const number = this.#next++;
    this.#subscriptions.set(number, subscription);
    return number;
  }

  /** Ends a subscription of the page. */
  hush(number: number): void {
    if (!this.#subscriptions.delete(number) || !this.isOpen) return;
    // A host that ends meanwhile ends its subscriptions.
    this.ask("unsubscribe", number).catch(() => {});
  }

  /** The page has taken so many messages of a subscription. */
  taken(number: number, count: number): void {
    if (this.isOpen) this.#worker.postMessage({ taken: number, count });
  }

  /** Ends the worker; whatever is still open, and all that is asked later, fails with `error`. */
  fail(error: WisteriaError): void {
    this.#failure ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#open.values()) reject(this.#failure);
    this.#open.clear();
    // A host that was stopped has nothing more to say; any other end is a failure to listen.
    const why = this.#failure.code === "stopped" ? undefined : this.#failure;
    for (const subscription of [...this.#subscriptions.values()]) subscription.end(why);
    this.providers.clear();
  }

  async #answer(ask: Ask): Promise<void> {
    const answer = await (this.providers.get(ask.provider) ?? isGone)(ask);
    if (this.isOpen) this.#worker.postMessage(answer);
  }

  #settle(answer: Extract<FromHost, { id: number }>): void {
    const open = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ("error" in answer) open?.reject(new WisteriaError(answer.error.code, answer.error.message));
    else open?.resolve(answer.value);
  }
}

async function isGone({ ask }: Ask): Promise<AskAnswer> {
  return { ask, error: { code: "provider-unavailable", message: "the page provides this no longer; link another provider" } };
}
