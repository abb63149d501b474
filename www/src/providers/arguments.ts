// What arguments of operations are to be, checked as servers' providers do.

type Check = (value: unknown) => boolean;

export const isText = (value: unknown): value is string => typeof value === "string";
export const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
export const isI32 = (value: unknown): value is number => Number.isInteger(value) && (value as number) === ((value as number) | 0);
export const isU32 = (value: unknown): value is number => Number.isInteger(value) && (value as number) === (value as number) >>> 0;
/** A number of 64 bits without a sign; above 2^53 they are not told apart. */
export const isU64 = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
/** Bytes; a text stands for its own. */
export const isBytes = (value: unknown): value is Uint8Array | string => value instanceof Uint8Array || isText(value);

/** A field that may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

/** A map with these fields, and others that mean nothing. */
export const fields =
  (checks: Record<string, Check>): Check =>
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]));

/** Orders texts by their code points, as their UTF-8 is ordered. */
export function compareTexts(a: string, b: string): number {
  const rank = (unit: number) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Bytes that may have come as a text. */
export const bytesOf = (value: Uint8Array | string): Uint8Array => (isText(value) ? new TextEncoder().encode(value) : value);

const UNITS: Record<string, number> = { "": 1, Ki: 1 << 10, Mi: 1 << 20, Gi: 1 << 30, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The amount that a link value is, which its host has checked: of bytes, or of milliseconds. */
function amount(text = "0"): number {
  const [, number = "0", unit = ""] = /^(\d+)(.*)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}

/** The bytes that a link value of the kind `size` is. */
export const sizeOf = amount;
/** The milliseconds that a link value of the kind `duration` is. */
export const millisOf = amount;
/** The same, but no more than timers count. */
export const durationOf = (text?: string): number => Math.min(amount(text), 2 ** 31 - 1);
