// MessagePack for the page's end. It is loaded beside the start of a host, not before it: none needs it to start.

type Codec = typeof import("./payload.js");

let loaded: Codec | undefined;

/** Loads it, once. A host has done so by the time that it has started. */
export async function loadCodec(): Promise<void> {
  loaded ??= await import("./payload.js");
}

/** Encodes an argument; nothing for `undefined`. */
export function toPayload(value: unknown): Uint8Array {
  return codec().toPayload(value);
}

/** Decodes a reply; `undefined` for an empty one. Binary comes as `Uint8Array`. */
export function fromPayload(bytes: Uint8Array): unknown {
  return codec().fromPayload(bytes);
}

function codec(): Codec {
  if (!loaded) throw new Error("no host has started, and only hosts encode");
  return loaded;
}
