// The control interface of the lattice: requests in JSON over the bus, in the shapes of wasmCloud's.

import type { Bus } from "./bus.js";
import { WisteriaError } from "./error.js";
import type { BusSubscription } from "./subscription.js";
import type { LinkStatus } from "./types.js";
import { within, type Waiting } from "./waiting.js";

/** How a command came out. */
export interface Ack {
  accepted: boolean;
  error?: string;
  actor_id?: string;
  provider_id?: string;
  link_status?: LinkStatus;
}

/** A single request may take so many milliseconds unless its caller says otherwise. */
export const PATIENCE = 5000;
/**
 * Hosts get so many milliseconds to answer a question to all, and the next one as many after that: a tab that draws has no time for
 * its socket for as long as that takes.
 */
const FIRST_ANSWER = 1000;
const NEXT_ANSWER = 400;

/** Asks a host for the outcome of a command instead of its receipt. */
const AWAIT_OUTCOME = { "Wisteria-Await": "outcome" };

/** Who keeps links and claims. */
export const KEEPER = "the server that keeps the lattice's links and claims";

/** What controls one lattice. */
export class Control {
  readonly lattice: string;
  readonly #bus: Bus;

  constructor(bus: Bus, lattice: string) {
    this.#bus = bus;
    this.lattice = lattice;
  }

  /** A control subject by its suffix, `ping.hosts`. */
  subject(suffix: string): string {
    return `wasmbus.ctl.${this.lattice}.${suffix}`;
  }

  /** One of Wisteria's own questions about what is kept. */
  metadata(suffix: string): string {
    return `wisteria.meta.${this.lattice}.${suffix}`;
  }

  /** Has a host carry out a command and waits for its outcome, for longer than others where it may fetch a module. */
  async commandHost(host: string, verb: string, body: object, waiting: Waiting, patience = PATIENCE): Promise<Ack> {
    keyOf("N", host);
    return this.command(this.subject(`cmd.${host}.${verb}`), { ...body, host_id: host }, `host ${host}`, waiting, patience);
  }

  /** Sends a request that is acknowledged with its outcome. `name` is who answers it. */
  async command(subject: string, body: object, name: string, waiting: Waiting, patience = PATIENCE): Promise<Ack> {
    const { value, headers } = await this.#ask(subject, body, name, waiting, patience);
    const ack = value as Ack;
    if (ack.accepted) return ack;
    throw new WisteriaError(headers["Wisteria-Error"] ?? "other", ack.error ?? `${name} refuses it`);
  }

  /** Asks for what is there. */
  async ask<T>(subject: string, name: string, waiting: Waiting): Promise<T> {
    const { value } = await this.#ask(subject, undefined, name, waiting, PATIENCE);
    return value as T;
  }

  async #ask(subject: string, body: object | undefined, name: string, waiting: Waiting, patience: number) {
    const options = { deadline: patience, ...waiting, raw: true, headers: AWAIT_OUTCOME };
    try {
      const { bytes, headers } = await this.#bus.request(subject, toJson(body), options);
      return { value: fromJson(bytes, name), headers };
    } catch (thrown) {
      const error = WisteriaError.from(thrown);
      if (error.code !== "no-responders") throw error;
      throw new WisteriaError("host-not-found", `${name} is not on the lattice; see host.lattice.hosts()`, { cause: error });
    }
  }

  /** Listens to a subject on which values are published; the signal ends it. */
  listen(subject: string, signal: AbortSignal | undefined): BusSubscription {
    return this.#bus.subscribe(subject, signal ? { signal } : {});
  }

  /** Asks whoever listens and gathers the answers until no more come. */
  async gather<T>(subject: string, waiting: Waiting): Promise<T[]> {
    const inbox = await this.#bus.newInbox();
    const answers = this.#bus.subscribe(inbox, { raw: true });
    const answering = async () => {
      await answers.ready;
      await this.#bus.publish(subject, undefined, { reply: inbox, raw: true });
      return gathered<T>(answers);
    };
    try {
      return await within(`the question ${subject}`, waiting, answering);
    } finally {
      // Not by `await using`, which not all browsers have the symbol for.
      await answers.return();
    }
  }
}

/** The answers that come before a pause says that there are no more. */
async function gathered<T>(answers: AsyncIterator<{ bytes: Uint8Array; headers: Readonly<Record<string, string>> }>): Promise<T[]> {
  const all: T[] = [];
  for (let patience = FIRST_ANSWER; ; patience = NEXT_ANSWER) {
    const next = await orNothing(answers.next(), patience);
    if (!next || next.done) return all;
    const { bytes, headers } = next.value;
    // The broker says that nobody listens.
    if (headers.Status === "503" && bytes.length === 0) return all;
    all.push(fromJson(bytes, "a host") as T);
  }
}

function orNothing<T>(work: Promise<T>, millis: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), millis);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Refuses what is no key of that kind: `N` a host's, `M` an actor's, `V` a provider's. */
export function keyOf(kind: "N" | "M" | "V", text: string): void {
  if (typeof text === "string" && text.startsWith(kind) && isKey(text)) return;
  const whose = { N: "a host", M: "an actor", V: "a provider" }[kind];
  throw new WisteriaError("bad-request", `"${text}" is not the key of ${whose}, ${kind}… and 55 more letters and digits`);
}

/** Whether a text has the form of a key. */
export function isKey(text: string): boolean {
  return /^[A-Z2-7]{56}$/.test(text);
}

function toJson(body: object | undefined): Uint8Array {
  return new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
}

/** Reads JSON that came over the bus. */
export function fromJson(bytes: Uint8Array, from: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new WisteriaError("bad-reply", `what ${from} answers is no JSON; see that it runs a version that fits this one`, { cause });
  }
}
