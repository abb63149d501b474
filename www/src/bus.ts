// The lattice's bus, as a page speaks and listens on it.

import { WisteriaError } from "./error.js";
import { loadPayload, type MessagePack } from "./messagepack.js";
import type { WireMessage } from "./protocol.js";
import type { RemoteHost } from "./remote.js";
import { BusSubscription } from "./subscription.js";
import { millisecondsOf, within, type Waiting } from "./waiting.js";

/** How something is said. */
export interface SayOptions extends Waiting {
  /** The payload is bytes, and so is an answer's, instead of a value that travels as MessagePack. */
  raw?: boolean;
  /** Names with values beside the payload. */
  headers?: Record<string, string>;
}

/** How something is published. */
export interface PublishOptions extends SayOptions {
  /** Where answers are to go. */
  reply?: string;
}

/** How a subject is listened to. */
export interface SubscribeOptions {
  /** Of the members of one queue group exactly one gets each message. */
  queue?: string;
  /** Payloads are bytes instead of values. */
  raw?: boolean;
  /** Ends the subscription. */
  signal?: AbortSignal;
}

/** What was said on the bus. */
export class BusMessage {
  /** Where it was published. */
  readonly subject: string;
  /** Where an answer goes, if one is wanted. */
  readonly reply: string | undefined;
  /** Names with values beside the payload; of a name that is there several times, the last. */
  readonly headers: Readonly<Record<string, string>>;
  /** The payload as it travelled. */
  readonly bytes: Uint8Array;
  readonly #bus: Bus;
  /** Without, payloads are bytes. */
  readonly #messagePack: MessagePack | undefined;

  constructor(bus: Bus, [subject, reply, bytes, headers]: WireMessage, messagePack: MessagePack | undefined) {
    this.#bus = bus;
    this.#messagePack = messagePack;
    this.subject = subject;
    this.reply = reply;
    this.bytes = bytes;
    this.headers = headersOf(headers);
  }

  /** The payload: a value, or bytes with `raw`. What is no MessagePack throws `bad-reply`; see {@link BusMessage.bytes}. */
  get payload(): any {
    return this.#messagePack ? this.#messagePack.fromPayload(this.bytes) : this.bytes;
  }

  /** Answers who asked. Rejects as `bad-request` where nobody did. */
  async respond(payload?: unknown, options: SayOptions = {}): Promise<void> {
    if (this.reply === undefined) {
      throw new WisteriaError("bad-request", `what was published on ${this.subject} wants no answer; only what came by request does`);
    }
    await this.#bus.publish(this.reply, payload, { raw: this.#messagePack === undefined, ...options });
  }
}

/** A request waits for so many milliseconds unless it says otherwise. */
const PATIENCE = 2000;

/** The bus of a host. */
export class Bus {
  readonly #remote: RemoteHost;

  constructor(remote: RemoteHost) {
    this.#remote = remote;
  }

  async publish(subject: string, payload: unknown, options: PublishOptions): Promise<void> {
    const { raw = false, reply, headers } = options;
    const bytes = bytesOf(payload, await codecOf(raw));
    await within(`publishing on ${subject}`, options, () => this.#remote.ask("publish", subject, bytes, reply, listOf(headers)));
  }

  async request(subject: string, payload: unknown, options: SayOptions): Promise<BusMessage> {
    const { deadline, raw = false, headers, signal } = options;
    const millis = millisecondsOf(deadline, PATIENCE);
    const messagePack = await codecOf(raw);
    const bytes = bytesOf(payload, messagePack);
    const reply = await within(`the request on ${subject}`, signal ? { signal } : {}, () =>
      this.#remote.ask("request", subject, bytes, listOf(headers), millis),
    );
    return new BusMessage(this, reply, messagePack);
  }

  subscribe(subject: string, options: SubscribeOptions): BusSubscription {
    const { raw = false } = options;
    const reader = async () => {
      const messagePack = await codecOf(raw);
      return (message: WireMessage) => new BusMessage(this, message, messagePack);
    };
    return new BusSubscription(this.#remote, subject, options, reader());
  }

  /** A subject for answers to what is published, which only this host hears. */
  newInbox(): Promise<string> {
    return this.#remote.ask("newInbox");
  }
}

async function codecOf(raw: boolean): Promise<MessagePack | undefined> {
  return raw ? undefined : loadPayload();
}

function bytesOf(payload: unknown, messagePack: MessagePack | undefined): Uint8Array {
  if (messagePack) return messagePack.toPayload(payload);
  if (payload === undefined) return new Uint8Array();
  if (payload instanceof Uint8Array) return payload;
  throw new WisteriaError("bad-request", "with { raw: true } a payload is a Uint8Array; leave it out to send a value");
}

function listOf(headers: Record<string, string> = {}): string[] {
  return Object.entries(headers).flat();
}

function headersOf(list: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < list.length; at += 2) headers[list[at] as string] = list[at + 1] as string;
  return headers;
}
