// `wasmcloud:messaging`: messages on subjects outside of the lattice.

import { callProvider, register } from "./guest";
import { Value } from "./value";

/** A message that arrived. */
export class Message {
  /** Where it was published. */
  readonly subject: string;
  /** Where a reply goes; empty where none is wanted. */
  readonly replyTo: string;
  /** The body. */
  readonly body: Uint8Array;

  constructor(message: Value) {
    this.subject = message.get("subject").textOr("");
    this.replyTo = message.get("replyTo").textOr("");
    const body = message.get("body");
    this.body = body.isNil ? new Uint8Array(0) : body.bytes;
  }

  /** The body as text. */
  get text(): string {
    return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.byteLength);
  }
}

let handler: ((message: Message) => void) | null = null;

/** Messages on subjects; `link` names the link that leads to them. */
export namespace messaging {
  /** Publishes text. */
  export function publish(subject: string, text: string, link: string = "default"): void {
    publishBytes(subject, Value.of(text).bytes, link);
  }

  /** Publishes bytes. */
  export function publishBytes(subject: string, body: Uint8Array, link: string = "default"): void {
    call("Publish", Value.map().set("subject", subject).set("body", body), link);
  }

  /** Publishes text as a question, and waits so many milliseconds for the reply. */
  export function request(subject: string, text: string, milliseconds: u32 = 1000, link: string = "default"): Message {
    const argument = Value.map()
      .set("subject", subject)
      .set("body", Value.of(text).bytes)
      .set("timeoutMs", milliseconds);
    return new Message(call("Request", argument, link));
  }

  /** Has a function take messages, as the operation `MessageSubscriber.HandleMessage`. The link says on which subjects. */
  export function handle(handle: (message: Message) => void): void {
    handler = handle;
    register("MessageSubscriber.HandleMessage", (argument: Value): Value => {
      handler!(new Message(argument));
      return Value.nil();
    });
  }
}

function call(operation: string, argument: Value, link: string): Value {
  return callProvider("wasmcloud:messaging", "Messaging." + operation, argument, link);
}
