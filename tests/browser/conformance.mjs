// The cases of `tests/conformance` against a provider in a tab: the same as servers' providers pass. How a case is written
// says `server/tests/providers/conformance.rs`.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** How often `until` asks before it gives up, and the milliseconds between. */
const [MOST_ROUNDS, INTERVAL] = [100, 50];

/** The cases of a contract: `[name, text]`. */
export function casesOf(contract) {
  const folder = fileURLToPath(new URL(`../conformance/${contract}/`, import.meta.url));
  const files = readdirSync(folder).filter((file) => file.endsWith(".case")).sort();
  if (files.length === 0) throw new Error(`there are no cases in ${folder}`);
  return files.map((file) => [file.slice(0, -".case".length).replaceAll("_", " "), readFileSync(folder + file, "utf8")]);
}

/**
 * Runs a case by `call(operation, argument)`, which resolves with `{ reply }` or `{ code, message }`. `given` is what names
 * stand for from the start.
 */
export async function runCase(text, call, given = {}) {
  const names = new Map(Object.entries(given));
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const arrow = line.indexOf(" -> ");
    const [asked, expected] = [line.slice(0, arrow).trimEnd(), line.slice(arrow + 4).trim()];
    const repeats = asked.startsWith("until ");
    const [, operation, json] = /^(?:until )?(\S+) (.*)$/.exec(asked);
    const argument = filled(JSON.parse(json), names);
    for (let round = 0; ; round++) {
      const found = differs(await call(operation, argument), expected, names);
      if (found === undefined) break;
      if (!repeats || round === MOST_ROUNDS) throw new Error(`line ${index + 1}: ${asked} gives ${found}, not ${expected}`);
      await pause(INTERVAL);
    }
  }
}

/** An argument with what the names in it stand for. */
function filled(argument, names) {
  if (typeof argument === "string") {
    const [whole, name] = /^\$(\w+)/.exec(argument) ?? [];
    if (name === undefined) return argument;
    if (!names.has(name)) throw new Error(`${argument} stands for nothing yet`);
    const [value, rest] = [names.get(name), argument.slice(whole.length)];
    return rest === "" ? value : value + rest;
  }
  if (Array.isArray(argument)) return argument.map((item) => filled(item, names));
  if (argument === null || typeof argument !== "object") return argument;
  const keys = Object.keys(argument);
  if (keys.length === 1 && typeof argument.base64 === "string") return new Uint8Array(Buffer.from(argument.base64, "base64"));
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, filled(value, names)]));
}

/** What came instead of what was expected. */
export function differs({ reply, code, message }, expected, names) {
  if (code !== undefined) {
    const error = `${code}: ${message}`;
    const pattern = expected.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    return new RegExp(`^${pattern}$`, "s").test(error) ? undefined : error;
  }
  const found = new Map(names);
  const shown = plain(reply);
  if (!fits(shown, read(expected), found)) return JSON.stringify(shown);
  for (const [name, value] of found) names.set(name, value);
  return undefined;
}

function read(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Bytes as text, or `{ base64 }` where they are none. */
function plain(value) {
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(value);
    } catch {
      return { base64: Buffer.from(value).toString("base64") };
    }
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function fits(reply, expected, names) {
  if (expected === undefined) return false;
  if (expected === "*") return true;
  if (typeof expected === "string" && expected.startsWith("$")) {
    const name = expected.slice(1);
    if (!names.has(name)) names.set(name, reply);
    return JSON.stringify(names.get(name)) === JSON.stringify(reply);
  }
  if (reply === null || expected === null || typeof reply !== "object" || typeof expected !== "object") return reply === expected;
  if (Array.isArray(reply) !== Array.isArray(expected)) return false;
  const keys = Object.keys(expected);
  return keys.length === Object.keys(reply).length && keys.every((key) => key in reply && fits(reply[key], expected[key], names));
}
