// Values as JSON that people read and write: bytes are text where they are UTF-8, else {"base64": …}.

/** Reads JSON; `{"base64": …}` stands for bytes, and nothing for no argument. */
export function fromJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  return JSON.parse(text, (_key, value) => (isBase64(value) ? fromBase64(value.base64) : value));
}

/** Writes a value as JSON. */
export function toJson(value: unknown): string {
  const shown = (_key: string, part: unknown) => {
    if (part instanceof Uint8Array) return fromBytes(part);
    return typeof part === "bigint" ? Number(part) : part;
  };
  return JSON.stringify(value, shown, 2) ?? "nothing";
}

function fromBytes(bytes: Uint8Array): unknown {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { base64: btoa(String.fromCharCode(...bytes)) };
  }
}

function isBase64(value: unknown): value is { base64: string } {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  return keys.length === 1 && keys[0] === "base64";
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
