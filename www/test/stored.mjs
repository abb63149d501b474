// What tests of the tab's stores have in common.

import { decode, encode } from "@msgpack/msgpack";
import { WisteriaError } from "../dist/index.js";
import { Answers } from "../dist/provide.js";

/** A file as a worker has it open, which fails when told to. */
export class File {
  bytes = new Uint8Array();
  room = Infinity;
  read(buffer, { at }) {
    buffer.set(this.bytes.subarray(at, at + buffer.length));
    return buffer.length;
  }
  write(buffer, { at }) {
    const fits = Math.min(buffer.length, Math.max(0, this.room - at));
    const grown = new Uint8Array(Math.max(this.bytes.length, at + fits));
    grown.set(this.bytes);
    grown.set(buffer.subarray(0, fits), at);
    this.bytes = grown;
    return fits;
  }
  getSize() {
    return this.bytes.length;
  }
  truncate(size) {
    const cut = new Uint8Array(size);
    cut.set(this.bytes.subarray(0, size));
    this.bytes = cut;
  }
  flush() {}
  close() {}
}

/** Files with the same bytes. */
export const copy = (files) => files.map(({ bytes }) => Object.assign(new File(), { bytes: bytes.slice() }));

/** Calls `carryOut(operation, argument)` as an actor does: resolves with `{ reply }` or `{ code, message }`. */
export function calling(operations, carryOut) {
  const handlers = operations.map((operation) => [operation, (argument) => carryOut(operation, argument)]);
  const answers = new Answers("a-store", Object.fromEntries(handlers), {});
  return async (operation, argument) => {
    try {
      const reply = await answers.invoke("M", "default", operation, encode(argument), 1000);
      return { reply: reply.length === 0 ? null : decode(reply) };
    } catch (error) {
      const { code, message } = WisteriaError.from(error);
      return { code, message };
    }
  };
}
