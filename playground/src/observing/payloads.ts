// Arguments and answers as people read them: JSON where they are MessagePack, else text, else bytes.

import { decodePayload } from "wisteria";
import { toJson } from "../lattice/json";

/** An argument or an answer in words, with what it was read as. */
export interface Payload {
  text: string;
  as: "JSON" | "text" | "bytes" | "nothing" | "not told";
}

/** Reads a payload of so many bytes, which is missing where it was too long to be told. Never rejects. */
export async function readPayload(bytes: Uint8Array | undefined, length: number): Promise<Payload> {
  if (length === 0) return { text: "nothing", as: "nothing" };
  if (!bytes) return { text: `${length.toLocaleString()} bytes, too long to be told`, as: "not told" };
  try {
    return { text: toJson(await decodePayload(bytes)), as: "JSON" };
  } catch {
    return asText(bytes);
  }
}

function asText(bytes: Uint8Array): Payload {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), as: "text" };
  } catch {
    return { text: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" "), as: "bytes" };
  }
}
