// The first format of links: a checksum, the length of a head in JSON, the head, and the bytes of modules; compressed, as base64url.

import { Inflate, deflateSync } from "fflate";
import { WisteriaError } from "wisteria";
import type { Shared } from "./format";

/** What stands before the modules' bytes. */
interface Head {
  manifest: unknown;
  modules: { image: string; name: string; size: number }[];
  sources: Shared["sources"];
  places: Shared["places"];
}

/** What a link may hold once it is no longer compressed, in bytes. */
const MOST_BYTES = 4 << 20;
/** So much is inflated at once; each byte becomes about a thousand at most. */
const SLICE = 1024;
/** The checksum and the length of the head. */
const FRONT = 8;

/** Writes the part behind the version. */
export function writeFirst({ manifest, modules, sources, places }: Shared): string {
  const listed = modules.map(({ image, name, bytes }) => ({ image, name, size: bytes.length }));
  const head = new TextEncoder().encode(JSON.stringify({ manifest, modules: listed, sources, places } satisfies Head));
  const whole = joined([new Uint8Array(FRONT), head, ...modules.map(({ bytes }) => bytes)]);
  const front = new DataView(whole.buffer);
  front.setUint32(4, head.length);
  front.setUint32(0, checksum(whole.subarray(4)));
  return toBase64Url(deflateSync(whole, { level: 9 }));
}

/** Reads the part behind the version. Rejects what is foreign, cut off or changed. */
export function readFirst(body: string): Shared {
  const whole = inflated(fromBase64Url(body));
  if (whole.length < FRONT) throw damaged();
  const front = new DataView(whole.buffer, whole.byteOffset);
  if (front.getUint32(0) !== checksum(whole.subarray(4))) throw damaged();
  const end = FRONT + front.getUint32(4);
  const { manifest, modules, sources, places } = JSON.parse(new TextDecoder().decode(whole.subarray(FRONT, end))) as Head;
  let at = end;
  const carried = modules.map(({ image, name, size }) => ({ image, name, bytes: whole.slice(at, (at += size)) }));
  return { manifest, modules: carried, sources, places };
}

function inflated(compressed: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const inflate = new Inflate((part, isLast) => {
    parts.push(part);
    length += part.length;
    isWhole = isLast;
  });
  try {
    for (let at = 0; at < compressed.length; at += SLICE) {
      inflate.push(compressed.subarray(at, at + SLICE), at + SLICE >= compressed.length);
      if (length > MOST_BYTES) throw new WisteriaError("link-too-long", "the link holds more than 4 MiB; ask for the manifest instead");
    }
  } catch (cause) {
    throw cause instanceof WisteriaError ? cause : damaged(cause);
  }
  if (!isWhole) throw damaged();
  return joined(parts);
}

/** FNV-1a, of 32 bits: it tells what was cut off or changed by accident. What a link holds is trusted no more for it. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array {
  if (!/^[\w-]*$/.test(text)) {
    throw new WisteriaError("link-foreign", "the link has characters that no link of a playground has; copy it whole from where it was made");
  }
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause?: unknown): WisteriaError {
  const message = "the link was cut off or changed on its way; ask for it again, and copy it whole";
  return new WisteriaError("link-damaged", message, cause === undefined ? {} : { cause });
}
