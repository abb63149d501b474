// Runs in a worker: what servers have run before, on the engines of a tab.

import init, { rewrite, run_made_up } from "/suite.js";

/** Fuel that no module of the corpus uses up, as on servers. */
const PLENTY = 2n ** 50n;

/** The names under which rewritten modules export their fuel and their start. */
const FUEL = "__wisteria_fuel";
const START = "__wisteria_start";

/** Differences that are reported at most. */
const MANY = 20;

onmessage = async ({ data }) => {
  try {
    await init({ module_or_path: "/suite_bg.wasm" });
    postMessage({ outcome: data.madeUp ? await madeUp(data.madeUp) : await corpus(data.corpus) });
  } catch (error) {
    postMessage({ error: `${error}\n${error.stack}` });
  }
};

const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** Each module on each engine: as on a server, or where that did not take it, as on the other engines here. */
async function madeUp(engines) {
  const differences = [];
  const kinds = new Set();
  let exhausted = 0;
  let ran = 0;
  for (const [index, { module, ends }] of (await (await fetch("/made-up")).json()).entries()) {
    let expected = ends;
    for (const engine of engines) {
      const seen = await run_made_up(engine, bytes(module));
      ran++;
      for (const [kind] of seen.matchAll(/[A-Z]\w+/g)) kinds.add(kind);
      expected ??= seen;
      // Where a stack ends is each engine's own affair.
      if (seen.includes("Exhausted") || expected.includes("Exhausted")) exhausted++;
      else if (seen !== expected && differences.length < MANY) differences.push(`${index}: ${engine} ${seen}, not ${expected}`);
    }
  }
  return { differences, exhausted, ran, kinds: [...kinds] };
}

/** Metered modules of a portion of the specification on the browser's own engine. */
async function corpus(portion) {
  const seen = { differences: [], calls: 0, modules: 0, refused: 0, unsaid: 0 };
  for (const { file, steps } of await (await fetch(`/corpus/${portion}`)).json()) {
    const named = new Map();
    let current;
    for (const step of steps) {
      const differs = (what) => {
        if (seen.differences.length < MANY) seen.differences.push(`${file}:${step.line}: ${what}`);
      };
      if (step.act === "module") {
        current = undefined;
        if (step.module === null) seen.refused++;
        else {
          seen.modules++;
          const made = await instance(bytes(step.module));
          if (made.outcome === "made") current = made.exports;
          else if (Array.isArray(step.outcome)) differs(`${made.outcome}, not made`);
          compareFuel(current, step, differs);
        }
        if (step.name !== null) named.set(step.name, current);
        continue;
      }
      const exports = step.name === null ? current : named.get(step.name);
      if (exports === undefined) continue;
      if (!isSayable(step.arguments ?? []) || !(Array.isArray(step.outcome) ? isReadable(step.outcome) : true)) {
        seen.unsaid++;
        continue;
      }
      const outcome = step.act === "call" ? call(exports, step) : read(exports, step);
      if (outcome === "unsaid") {
        seen.unsaid++;
        continue;
      }
      seen.calls++;
      // Where a stack ends is each engine's own affair.
      if (outcome !== "exhausted" && step.outcome !== "exhausted") {
        if (JSON.stringify(outcome) !== JSON.stringify(step.outcome)) {
          differs(`${step.export} ${JSON.stringify(outcome)}, not ${JSON.stringify(step.outcome)}`);
        }
        compareFuel(step.act === "call" ? exports : undefined, step, differs);
      } else if (exports[FUEL]) exports[FUEL].value = PLENTY;
    }
  }
  return seen;
}

/** Compares the fuel that is left, and fills it up. */
function compareFuel(exports, { fuel }, differs) {
  if (exports === undefined) return;
  const left = String(exports[FUEL].value);
  exports[FUEL].value = PLENTY;
  if (fuel !== null && left !== fuel) differs(`${left} units of fuel left, not ${fuel}`);
}

async function instance(original) {
  try {
    const { exports } = (await WebAssembly.instantiate(rewrite(original), {})).instance;
    exports[FUEL].value = PLENTY;
    exports[START]?.();
    return { outcome: "made", exports };
  } catch (error) {
    return { outcome: `${error}` };
  }
}

function call(exports, step) {
  const called = exports[step.export];
  if (typeof called !== "function") return "absent";
  try {
    const returned = called(...step.arguments.map(toJs));
    const types = Array.isArray(step.outcome) ? step.outcome.map(([type]) => type) : [];
    const values = types.length === 1 ? [returned] : [...(returned ?? [])];
    return values.map((value, index) => fromJs(types[index], value));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap";
    // Its type has vectors, though this call says nothing of them.
    if (error instanceof TypeError) return "unsaid";
    // Chromium's and Firefox's errors at the end of the stack.
    if (error instanceof RangeError || error.name === "InternalError") return "exhausted";
    throw error;
  }
}

function read(exports, step) {
  const global = exports[step.export];
  return global === undefined ? "absent" : step.outcome.map(([type]) => fromJs(type, global.value));
}

const view = new DataView(new ArrayBuffer(8));

/** Bits as a number. */
function toJs([type, text]) {
  switch (type) {
    case "i32":
      return Number(text);
    case "i64":
      return BigInt(text);
    case "f32":
      view.setUint32(0, Number(text));
      return view.getFloat32(0);
    case "f64":
      view.setBigUint64(0, BigInt(text));
      return view.getFloat64(0);
    default:
      return null;
  }
}

/** A number as bits; all that is no number is one. */
function fromJs(type, value) {
  switch (type) {
    case "i32":
    case "i64":
      return [type, String(value)];
    case "f32":
      view.setFloat32(0, value);
      return [type, Number.isNaN(value) ? String(0x7fc00000) : String(view.getUint32(0))];
    case "f64":
      view.setFloat64(0, value);
      return [type, Number.isNaN(value) ? String(0x7ff8000000000000n) : String(view.getBigUint64(0))];
    default:
      return value === null ? ["null", ""] : ["reference", ""];
  }
}

/** Whether JavaScript can hand these over: it has no vectors, and what is not a number loses its bits. */
function isSayable(values) {
  return values.every((value) => value[0] !== "v128" && value[0] !== "reference" && !Number.isNaN(toJs(value)));
}

function isReadable(values) {
  return values.every(([type]) => type !== "v128");
}
