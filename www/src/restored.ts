// What a tab has put up on a shared host, and puts up again when another tab takes that over.

import { WisteriaError } from "./error.js";
import type { FromHost, Request } from "./protocol.js";

interface Open {
  resolve(value: unknown): void;
  reject(error: WisteriaError): void;
}

type Answer = Extract<FromHost, { id: number }>;

/** The subscriptions and providers of a tab. */
export class Restored {
  readonly #send: (request: Request) => void;
  /** By the page's number of a subscription. */
  readonly #subscriptions = new Map<number, Request["args"]>();
  /** By the provider's key, which is the same on the next host. */
  readonly #providers = new Map<string, Request["args"]>();
  readonly #open = new Map<number, Open>();
  /** Pages count from 1 upwards. */
  #next = -1;

  /** `send` hands the host a request. */
  constructor(send: (request: Request) => void) {
    this.#send = send;
  }

  /** Has the host do what no page asked for. */
  ask(method: Request["method"], args: Request["args"]): Promise<unknown> {
    const id = this.#next--;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#send({ id, method, args });
    });
  }

  /** Whether an answer is to such a request. */
  settle(answer: Answer): boolean {
    const open = this.#open.get(answer.id);
    if (!open) return answer.id < 0;
    this.#open.delete(answer.id);
    if ("error" in answer) open.reject(new WisteriaError(answer.error.code, answer.error.message));
    else open.resolve(answer.value);
    return true;
  }

  /** The host that was asked is gone. */
  fail(error: WisteriaError): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }

  /** The page takes something down. */
  sent({ method, args }: Request): void {
    if (method === "unsubscribe") this.#subscriptions.delete(args[0] as number);
    if (method === "withdraw") this.#providers.delete(args[0] as string);
  }

  /** The page has put something up. */
  done({ method, args }: Request, value: unknown): void {
    if (method === "subscribe") this.#subscriptions.set(args[0] as number, args);
    if (method === "provide") this.#providers.set(value as string, args);
  }

  /** Puts everything up again. What the new host refuses is left out, and said. */
  async restore(): Promise<void> {
    const all = [
      ...[...this.#subscriptions.values()].map((args) => this.ask("subscribe", args)),
      ...[...this.#providers.values()].map((args) => this.ask("provide", args)),
    ];
    for (const outcome of await Promise.allSettled(all)) {
      if (outcome.status === "rejected") console.warn(`the tab that took over refuses what this one had put up: ${WisteriaError.from(outcome.reason).message}`);
    }
  }
}
