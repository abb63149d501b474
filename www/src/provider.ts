// A provider that a page provides, as the page holds it.

import type { ArgumentOf, ReplyOf } from "./contracts.js";
import { WisteriaError } from "./error.js";
import type { CallOptions } from "./host.js";
import { fromPayload, toPayload } from "./payload.js";
import { Answers, describe, type Answering, type ProvideOptions } from "./provide.js";
import type { Ask, AskAnswer } from "./protocol.js";
import type { RemoteHost } from "./remote.js";
import { millisecondsOf, within } from "./waiting.js";

let next = 1;

/** A provider of this page. It ends with its host, or by {@link Provider.stop}. */
export class Provider implements AsyncDisposable {
  /** Its key, `V…`, by which links name it. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  readonly #remote: RemoteHost;
  readonly #number: number;

  private constructor(remote: RemoteHost, number: number, id: string, name: string) {
    this.#remote = remote;
    this.#number = number;
    this.id = id;
    this.name = name;
  }

  /** Has the host run it. */
  static async start(remote: RemoteHost, contract: string, handlers: object, options: ProvideOptions): Promise<Provider> {
    const description = describe(contract, options);
    const number = next++;
    // Links that were put before are told of while it starts.
    const answers = new Answers(description.name, handlers, options);
    remote.providers.set(number, (ask) => answerAsk(answers, ask));
    try {
      const id = await remote.ask("provide", description, number);
      return new Provider(remote, number, id, description.name);
    } catch (thrown) {
      remote.providers.delete(number);
      throw thrown;
    }
  }

  /** Calls an actor in the provider's name, as {@link Host.call} does in the page's. */
  async call(actor: string, operation: string, payload: Uint8Array, options: CallOptions & { raw: true }): Promise<Uint8Array>;
  async call<const O extends string>(
    actor: string,
    operation: O,
    payload?: ArgumentOf<O>,
    options?: CallOptions & { raw?: false },
  ): Promise<ReplyOf<O>>;
  async call(actor: string, operation: string, payload?: unknown, options: CallOptions = {}): Promise<unknown> {
    const { deadline, raw = false, signal } = options;
    const millis = millisecondsOf(deadline, 0);
    const bytes = raw ? (payload as Uint8Array) : toPayload(payload);
    const call = () => this.#remote.ask("callAs", this.id, actor, operation, bytes, millis);
    const reply = signal ? await within(`the call of ${operation}`, { signal }, call) : await call();
    return raw ? reply : fromPayload(reply);
  }

  /** Ends its links, then itself. It may be provided again. */
  async stop(): Promise<void> {
    if (!this.#remote.providers.has(this.#number)) return;
    try {
      await this.#remote.ask("withdraw", this.id);
    } finally {
      this.#remote.providers.delete(this.#number);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Has a provider answer. */
async function answerAsk(answering: Answering, { ask, method, args }: Ask): Promise<AskAnswer> {
  try {
    const carryOut = answering[method] as (...args: unknown[]) => Promise<unknown>;
    return { ask, value: await carryOut.apply(answering, args) };
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    return { ask, error: { code, message } };
  }
}
