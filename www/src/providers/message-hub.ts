// Messages among the actors that are linked to one provider: who hears which, in bounded queues. Words and results are those of
// all providers of `wasmcloud:messaging`.

import type { Message, RequestMessage } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { bytesOf } from "./arguments.js";
import { covers, isOfUsers, subject } from "./subjects.js";

/** What a link says. */
export interface Settings {
  /** What the actor hears; of those in one queue group one gets each message. */
  subscriptions: { pattern: string; queue: string }[];
  /** Where it may publish; all subjects of users without. */
  publish: string[] | undefined;
  /** How many messages it is handed at a time. */
  atOnce: number;
}

/** Has an actor handle a message; rejects where it did not. */
export type HandOver = (message: Message) => Promise<unknown>;

/** Messages, and bytes of them but for the first, that may wait for an actor. What comes beyond is dropped with a warning. */
const [MOST_WAITING, MOST_BYTES] = [1024, 16 << 20];
/** Where replies go that are still to be sent, for one link; the oldest are forgotten beyond it. */
const MOST_REPLIES = 4096;
/** Bytes of a body: what the bus carries to an actor, less room for the rest. */
const MOST_BODY = 7 << 20;
/** The pauses in milliseconds after which an actor that is busy is handed a message again; then the message is given up. */
const PAUSES = [10, 20, 50, 100, 300, 1000];
/** How many milliseconds a request waits where it does not say. */
const DEFAULT_TIMEOUT = 2000;

const failed = (message: string) => new WisteriaError("provider-failed", message);

/** The messages of one provider. */
export class MessageHub {
  readonly #links = new Map<string, Linked>();
  /** Requests that wait for their reply. */
  readonly #inboxes = new Map<string, (reply: Message) => void>();
  #turn = 0;

  /** Links an actor. What waits for it by a link that this replaces is still handed over. */
  put(key: string, settings: Settings, handOver: HandOver): void {
    const replies = this.#links.get(key)?.replies;
    this.#links.set(key, new Linked(settings, handOver, replies));
  }

  /** Ends a link, and what waits for its actor. */
  remove(key: string): void {
    this.#links.get(key)?.end();
    this.#links.delete(key);
  }

  /** Publishes a message of a linked actor. */
  publish(key: string, { subject: to, replyTo, body }: Message): void {
    const linked = this.#of(key);
    const isReply = linked.replies.delete(to);
    if (!isReply) linked.permit(to);
    const reply = replyTo ? named(replyTo) : undefined;
    if (reply !== undefined && !isOfUsers(reply)) throw reserved(reply);
    this.#send({ subject: to, body: sized(body), ...(reply === undefined ? {} : { replyTo: reply }) });
  }

  /** Publishes a message of a linked actor, and resolves with its reply. Nobody waits for it longer than `patience`. */
  request(key: string, { subject: to, body, timeoutMs }: RequestMessage, patience: number): Promise<Message> {
    this.#of(key).permit(to);
    const millis = Math.min(timeoutMs || DEFAULT_TIMEOUT, patience);
    const inbox = `_INBOX.${crypto.randomUUID()}`;
    return new Promise((resolve, reject) => {
      const settle = (work: () => void) => {
        clearTimeout(timer);
        this.#inboxes.delete(inbox);
        work();
      };
      const timer = setTimeout(() => settle(() => reject(failed(`no reply on ${to} within ${millis} ms`))), millis);
      this.#inboxes.set(inbox, (reply) => settle(() => resolve(reply)));
      try {
        const heard = this.#send({ subject: to, replyTo: inbox, body: sized(body) });
        if (heard === 0) throw failed(`nobody subscribes to ${to}`);
      } catch (thrown) {
        settle(() => reject(thrown));
      }
    });
  }

  /** Hands a message to one of each queue group that hears it; how many there are. */
  #send(message: Message): number {
    const inbox = this.#inboxes.get(message.subject);
    if (inbox) {
      inbox(message);
      return 1;
    }
    const groups = new Map<string, Linked[]>();
    for (const linked of this.#links.values()) {
      for (const queue of linked.queuesOf(message.subject)) groups.set(queue, [...(groups.get(queue) ?? []), linked]);
    }
    const turn = this.#turn++;
    for (const members of groups.values()) members[turn % members.length]?.take(message);
    return groups.size;
  }

  #of(key: string): Linked {
    const linked = this.#links.get(key);
    if (!linked) throw failed("the link has just ended; put it again");
    return linked;
  }
}

/** A linked actor, and what waits for it. */
class Linked {
  readonly replies: Set<string>;
  readonly #settings: Settings;
  readonly #handOver: HandOver;
  readonly #waiting: Message[] = [];
  #bytes = 0;
  #handling = 0;
  #dropped = 0;
  #hasEnded = false;

  constructor(settings: Settings, handOver: HandOver, replies = new Set<string>()) {
    this.#settings = settings;
    this.#handOver = handOver;
    this.replies = replies;
  }

  /** The queue groups by which it hears a subject. */
  queuesOf(to: string): Set<string> {
    return new Set(this.#settings.subscriptions.filter(({ pattern }) => covers(pattern, to)).map(({ queue }) => queue));
  }

  /** Throws unless the actor may publish there. */
  permit(to: string): void {
    named(to);
    const { publish } = this.#settings;
    if (publish === undefined) {
      if (!isOfUsers(to)) throw reserved(to);
    } else if (!publish.some((pattern) => covers(pattern, to))) {
      throw failed(`the link does not let the actor publish to ${to}, only to ${publish.join(",")}; put the link with another PUBLISH`);
    }
  }

  /** Takes a message. One that finds too many waiting is dropped. */
  take(message: Message): void {
    const size = bytesOf(message.body).length;
    const hasRoom = this.#waiting.length < MOST_WAITING && (this.#bytes === 0 || this.#bytes + size <= MOST_BYTES);
    if (!hasRoom) {
      this.#dropped += 1;
      const isPowerOfTwo = (this.#dropped & (this.#dropped - 1)) === 0;
      if (isPowerOfTwo) console.warn(`messages come faster than an actor takes them, and are lost: ${this.#dropped} on ${message.subject} and others`);
      return;
    }
    // An answer to what is no subject of users needs no leave, once.
    if (message.replyTo !== undefined && !isOfUsers(message.replyTo)) this.#expect(message.replyTo);
    this.#waiting.push(message);
    this.#bytes += size;
    if (this.#handling < this.#settings.atOnce) void this.#work();
  }

  end(): void {
    this.#hasEnded = true;
    this.#waiting.length = 0;
  }

  #expect(inbox: string): void {
    const [oldest] = this.replies;
    if (this.replies.size >= MOST_REPLIES && oldest !== undefined) this.replies.delete(oldest);
    this.replies.add(inbox);
  }

  async #work(): Promise<void> {
    this.#handling += 1;
    for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
      this.#bytes -= bytesOf(message.body).length;
      await this.#deliver(message);
    }
    this.#handling -= 1;
  }

  async #deliver(message: Message): Promise<void> {
    for (let tries = 0; !this.#hasEnded; tries++) {
      try {
        await this.#handOver(message);
        return;
      } catch (thrown) {
        const { code, message: why } = WisteriaError.from(thrown);
        const pause = PAUSES[tries];
        // Of what is busy nothing ran, so another try does nothing twice.
        if (code !== "overloaded" || pause === undefined) {
          console.warn(`an actor did not handle a message on ${message.subject}: ${why}`);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

function named(text: string): string {
  try {
    return subject(text);
  } catch (thrown) {
    throw failed(WisteriaError.from(thrown).message);
  }
}

function sized(body: Message["body"]): Uint8Array {
  const bytes = bytesOf(body);
  if (bytes.length > MOST_BODY) throw failed(`a body of ${bytes.length} bytes is above the limit of ${MOST_BODY} bytes; send less at once`);
  return bytes;
}

const reserved = (to: string) =>
  failed(`actors do not publish to ${to}: subjects that start with wasmbus, wisteria, $ or _ are those of systems; choose another`);
