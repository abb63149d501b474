// Every code belongs to one class, and docs/errors.md says what it means.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import * as errors from "../dist/error.js";

const { WisteriaError, TimeoutError, NotLinkedError } = errors;
const text = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

/** The class of each code by its name, as the page has it. */
const documented = new Map(
  [...text("../../docs/errors.md").matchAll(/^\| `([a-z-]+)` \| `(\w+)` \| \S.* \| \S.* \|$/gm)].map(([, code, name]) => [code, name]),
);

/** The same as the classes have it. */
const classes = Object.values(errors).filter((one) => one.prototype instanceof WisteriaError);
const ofClasses = new Map(classes.flatMap((one) => one.codes.map((code) => [code, one.name])));

/** What a source throws: `new WisteriaError("code", …)`, on one line or two. */
function thrownIn(folder) {
  const files = readdirSync(new URL(folder, import.meta.url), { recursive: true }).filter((name) => name.endsWith(".ts"));
  const thrown = files.flatMap((name) => [...text(folder + name).matchAll(/new \w*Error\(\s*"([a-z-]+)"/g)].map(([, code]) => code));
  return new Set(thrown);
}

test("each code is in one class", () => {
  const codes = classes.flatMap((one) => one.codes);
  assert.equal(new Set(codes).size, codes.length);
});

test("the page of errors has the codes of the classes, of the core, and of this package, and no others", () => {
  const core = [...text("../../core/src/error.rs").matchAll(/^ {4}\w+ = "([a-z-]+)",$/gm)].map(([, code]) => code);
  assert.ok(core.length > 30 && core.includes("not-linked"), `the core has ${core.length} codes`);
  const thrown = thrownIn("../src/");
  assert.ok(thrown.has("worker-failed") && thrown.has("wasm-forbidden"), [...thrown].join(" "));
  const all = new Set([...core, ...thrown]);
  assert.deepEqual([...documented.keys()].sort(), [...all].sort());
  assert.deepEqual([...documented].filter(([code]) => code !== "other").sort(), [...ofClasses].sort());
});

test("an error is of its code's class, whoever makes it", () => {
  const made = new WisteriaError("timeout", "too late", { cause: 1 });
  assert.ok(made instanceof TimeoutError && made instanceof WisteriaError && made instanceof Error);
  assert.deepEqual([made.name, made.code, made.message, made.cause], ["TimeoutError", "timeout", "too late", 1]);
  const read = WisteriaError.from(Object.assign(new Error("link it"), { code: "not-linked" }));
  assert.ok(read instanceof NotLinkedError);
  assert.ok(new NotLinkedError("not-linked", "link it") instanceof NotLinkedError);
  const unknown = new WisteriaError("from-the-future", "what is this");
  assert.deepEqual([unknown.name, unknown.constructor], ["WisteriaError", WisteriaError]);
});
