// Providers written in JavaScript: handlers of values on the outside, bytes on the inside.

import type { Contracts } from "./contracts.js";
import { WisteriaError } from "./error.js";
import { fromPayload, toPayload } from "./payload.js";

export { describe } from "./describe.js";

/** What a link value is read as: a text, `100`, `250ms`, `64Ki`, `true`, `SCHEME://REST`, `a,b`. */
export type ValueKind = "text" | "number" | "duration" | "size" | "boolean" | "url" | "list";

/** A value that links to a provider may have, or must. */
export interface ValueDescription {
  /** `text` by default. Links that say something else are refused before the provider hears of them. */
  kind?: ValueKind;
  /** What it is where a link does not say. */
  default?: string;
  /** Whether a link must say it. */
  required?: boolean;
  /** What it is for, in one line. */
  about?: string;
  /** One that makes sense, for the words of refusals. */
  example?: string;
}

/** A link as its provider sees it. */
export interface ProvidedLink {
  /** The actor that may call, `M…`. */
  actor: string;
  /** What tells several links of one contract apart. */
  linkName: string;
  /** What the link says, and the defaults of what it does not say. */
  values: Readonly<Record<string, string>>;
  /** Whether somebody waits for the verdict. Where not, it was acknowledged before, and is to be taken. */
  isNew: boolean;
}

/** A link that ended. */
export interface EndedLink extends Pick<ProvidedLink, "actor" | "linkName"> {
  /** Whether it was deleted, or leads to another provider now: what was kept in its name may go. */
  isDeleted: boolean;
}

/** The call that a handler carries out. */
export interface ProviderCall extends Omit<ProvidedLink, "isNew"> {
  /** The operation, `Service.Method`. */
  operation: string;
  /** When the caller gives it up, in milliseconds since 1970. */
  deadline: number;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
}

/** What carries out an operation: its argument as a value, what it returns is the reply. `Uint8Array` stands for bytes. */
export type Handler = (argument: any, call: ProviderCall) => unknown;

/** The handlers of a contract, by operation; of those that are known, with their types. */
export type Handlers<C extends string> = C extends keyof Contracts
  ? { [O in keyof Contracts[C]]?: Contracts[C][O] extends (argument: infer A) => infer R ? (argument: A, call: ProviderCall) => R | Promise<R> : never }
  : Record<string, Handler>;

/** A part of what is kept for a link, on its way from one provider to another. */
export type PartOf<T> = Omit<ProvidedLink, "isNew"> & T;

/** A part of what a provider keeps for a link; `next` is where the next part begins, if there is one. */
export interface ExportedPart {
  records: string[];
  next?: string;
}

/** How a provider is provided. */
export interface ProvideOptions {
  /** Its name, by which links find it: lower-case letters, digits, `-`, `_` and `.`; by default `page-` and the contract's. */
  name?: string;
  /** What people call it. */
  title?: string;
  /** The values that its links may have; none by default. */
  values?: Record<string, ValueDescription>;
  /** Bytes in and out of handlers instead of values. */
  raw?: boolean;
  /** An actor was linked, or its link was put again. What this throws refuses the link; the former one stays. */
  link?(link: ProvidedLink): void | Promise<void>;
  /** A link that was taken is gone: it was deleted or leads elsewhere now, or the provider ends. */
  unlink?(link: EndedLink): void | Promise<void>;
  /**
   * Hands over what it keeps for a link, on its way to another provider of the contract (`wisteria link swap --copy`): records
   * from the beginning, or from where the part before said. The link is not used meanwhile.
   */
  export?(part: PartOf<{ from: string | undefined }>): ExportedPart | Promise<ExportedPart>;
  /** Takes over what another provider handed over; what is there of the same name is replaced. */
  import?(part: PartOf<{ records: string[] }>): void | Promise<void>;
  /** Asked with each heartbeat of the host; throws why the provider cannot do its work. */
  health?(): void | Promise<void>;
}

/** What a provider says of itself, as the host takes it. */
export interface Description {
  name: string;
  contract: string;
  title: string;
  values: (Required<Omit<ValueDescription, "default">> & { name: string; default?: string })[];
}

/** What the host asks of a provider. Promises that are rejected carry the code of a {@link WisteriaError}. */
export interface Answering {
  link(actor: string, linkName: string, values: Record<string, string>, isNew: boolean): Promise<void>;
  unlink(actor: string, linkName: string, isDeleted: boolean): Promise<void>;
  invoke(actor: string, linkName: string, operation: string, payload: Uint8Array, millis: number): Promise<Uint8Array>;
  health(): Promise<void>;
  /** Where the next part begins, if there is one, and then the records. */
  export(actor: string, linkName: string, from: string | undefined): Promise<(string | undefined)[]>;
  import(actor: string, linkName: string, records: string[]): Promise<void>;
}

/** A provider that answers by handlers. */
export class Answers implements Answering {
  readonly #name: string;
  readonly #handlers: Map<string, Handler>;
  readonly #options: ProvideOptions;
  /** What the links say, by actor and name. */
  readonly #links = new Map<string, ProvidedLink["values"]>();

  constructor(name: string, handlers: object, options: ProvideOptions) {
    this.#name = name;
    this.#handlers = new Map(Object.entries(handlers));
    this.#options = options;
  }

  async link(actor: string, linkName: string, values: Record<string, string>, isNew: boolean): Promise<void> {
    await failing(() => this.#options.link?.({ actor, linkName, values, isNew }));
    this.#links.set(linkOf(actor, linkName), values);
  }

  async unlink(actor: string, linkName: string, isDeleted: boolean): Promise<void> {
    this.#links.delete(linkOf(actor, linkName));
    await failing(() => this.#options.unlink?.({ actor, linkName, isDeleted }));
  }

  async invoke(actor: string, linkName: string, operation: string, payload: Uint8Array, millis: number): Promise<Uint8Array> {
    const handler = this.#handlers.get(operation);
    if (!handler) {
      const known = [...this.#handlers.keys()].join(", ");
      throw new WisteriaError("bad-request", `provider ${this.#name} has no operation ${operation}; it has: ${known}`);
    }
    const { raw = false } = this.#options;
    const argument = raw ? payload : argumentOf(operation, payload);
    const call = callOf({ ...this.#link(actor, linkName), operation }, millis);
    const reply = await failing(() => handler(argument, call));
    if (!raw) return toPayload(reply);
    if (!(reply instanceof Uint8Array)) throw new WisteriaError("provider-failed", `the handler of ${operation} returns no Uint8Array`);
    return reply;
  }

  async health(): Promise<void> {
    await failing(() => this.#options.health?.());
  }

  async export(actor: string, linkName: string, from: string | undefined): Promise<(string | undefined)[]> {
    const { export: hook } = this.#options;
    if (!hook) throw new WisteriaError("provider-failed", `${this.#name} cannot hand over what it keeps; swap the link without copying`);
    const { records, next } = await failing(() => hook({ ...this.#link(actor, linkName), from }));
    return [next, ...records];
  }

  async import(actor: string, linkName: string, records: string[]): Promise<void> {
    const { import: hook } = this.#options;
    if (!hook) {
      throw new WisteriaError("provider-failed", `${this.#name} cannot take over what another provider kept; swap the link without copying`);
    }
    await failing(() => hook({ ...this.#link(actor, linkName), records }));
  }

  #link(actor: string, linkName: string): Omit<ProvidedLink, "isNew"> {
    return { actor, linkName, values: this.#links.get(linkOf(actor, linkName)) ?? {} };
  }
}

const linkOf = (actor: string, linkName: string) => `${actor}/${linkName}`;

function argumentOf(operation: string, payload: Uint8Array): unknown {
  try {
    return fromPayload(payload);
  } catch (thrown) {
    throw badArgument(operation, WisteriaError.from(thrown).message);
  }
}

/** The error of an argument that is not what the operation takes. */
export function badArgument(operation: string, cause: string): WisteriaError {
  return new WisteriaError("bad-request", `the argument of ${operation} cannot be read: ${cause}`);
}

function callOf(call: Omit<ProviderCall, "deadline" | "signal">, millis: number): ProviderCall {
  const deadline = Date.now() + millis;
  let signal: AbortSignal | undefined;
  return {
    ...call,
    deadline,
    get signal() {
      return (signal ??= AbortSignal.timeout(Math.max(0, deadline - Date.now())));
    },
  };
}

/** What is thrown without a code is the provider's failure. */
async function failing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof WisteriaError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new WisteriaError("provider-failed", why, { cause: thrown });
  }
}
