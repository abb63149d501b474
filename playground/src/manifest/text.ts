// Manifests as text: YAML and JSON in, YAML out. The YAML parser is loaded when it is used first.

import { WisteriaError, type WisteriaError as Failure } from "wisteria";

/** How long the text of a manifest may be, in characters. */
const MOST_TEXT = 1 << 20;

/** What a text says. What is neither YAML nor JSON is refused as `bad-request`, with line and column; `from` says where it is from. */
export async function parseManifest(text: string, from = "the manifest"): Promise<unknown> {
  if (text.trim() === "") throw refusal(`${from} is empty; paste one, or open a .yaml file`);
  if (text.length > MOST_TEXT) throw refusal(`${from} has more than ${MOST_TEXT.toLocaleString()} characters; no manifest is that long`);
  try {
    if (text.trimStart().startsWith("{")) return JSON.parse(text);
    const { parse } = await import("yaml");
    return parse(text);
  } catch (cause) {
    throw refusal(`${from} is neither YAML nor JSON: ${WisteriaError.from(cause).message}`, cause);
  }
}

/** A manifest in YAML. */
export async function writeManifest(manifest: object): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(manifest, { lineWidth: 0 });
}

function refusal(message: string, cause?: unknown): Failure {
  return new WisteriaError("bad-request", message, cause === undefined ? {} : { cause });
}
