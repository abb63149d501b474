// MessagePack, as arguments and replies are encoded, which no host needs to start.

import { part } from "./part.js";

/** How values become payloads, and payloads values. */
export type MessagePack = typeof import("./payload.js");

let loaded: MessagePack | undefined;

/** Loads it, once. It is at hand from then on: to import it again with each call would cost more than the call. */
export function loadPayload(): MessagePack | Promise<MessagePack> {
  return loaded ?? part(() => import("./payload.js")).then((messagePack) => (loaded = messagePack));
}

/**
 * Reads an argument or an answer as it travelled, such as an observed call's: the value, `undefined` for no bytes. Rejects as
 * `bad-reply` what is no MessagePack; actors may say anything.
 */
export async function decodePayload(bytes: Uint8Array): Promise<unknown> {
  return (await loadPayload()).fromPayload(bytes);
}
