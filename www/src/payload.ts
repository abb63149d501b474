// Arguments and replies: values in JavaScript, MessagePack on the lattice.

import { decode, encode } from "./msgpack.js";
import { WisteriaError } from "./error.js";

/** A first byte that announces MessagePack. */
const MESSAGE_PACK = 0xc1;
/** A first byte that announces CBOR. */
const CBOR = 0x7f;

/** Encodes an argument; nothing for `undefined`. */
export function toPayload(value: unknown): Uint8Array {
  return value === undefined ? new Uint8Array(0) : encode(value, { ignoreUndefined: true });
}

/** Decodes a reply; `undefined` for an empty one. Binary comes as `Uint8Array`. */
export function fromPayload(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  // Alone it is the number 127.
  if (bytes[0] === CBOR && bytes.length > 1) {
    throw new WisteriaError("bad-reply", "the reply is encoded as CBOR; ask for it with { raw: true }");
  }
  try {
    return decode(bytes[0] === MESSAGE_PACK ? bytes.subarray(1) : bytes);
  } catch (cause) {
    throw new WisteriaError("bad-reply", "the reply is not MessagePack; ask for it with { raw: true }", { cause });
  }
}
