// Providers of a tab whose code comes with the first link.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LazyAnswers } from "../dist/providers/lazy.js";

/** A provider whose code is there once `served.code` is, and what it was asked. */
function started() {
  const asked = [];
  const served = { loads: 0, code: undefined };
  const load = async () => {
    served.loads++;
    if (!served.code) throw new Error("the server is away");
    return served.code;
  };
  const code = new Proxy({}, { get: (_, method) => (method === "then" ? undefined : async (...args) => (asked.push([method, ...args]), new Uint8Array())) });
  return { answers: new LazyAnswers({ name: "lazy" }, load, async () => new Uint8Array()), asked, served, arrive: () => (served.code = code) };
}

test("the code of a provider is loaded by its first link, and once", async () => {
  const { answers, asked, served, arrive } = started();
  arrive();
  await answers.health();
  assert.equal(served.loads, 0);
  await Promise.all([answers.link("M1", "default", {}, true), answers.link("M2", "default", {}, true)]);
  await answers.health();
  assert.equal(served.loads, 1);
  assert.deepEqual(asked.map(([method]) => method), ["link", "link", "health"]);
});

test("a new link is refused while the code cannot be loaded, and taken once it can", async () => {
  const { answers, served, arrive } = started();
  await assert.rejects(answers.link("M", "default", {}, true), { code: "provider-unavailable", message: /lazy.*the server is away/ });
  arrive();
  await answers.link("M", "default", {}, true);
  assert.equal(served.loads, 2);
});

test("a link that was acknowledged stands while the code cannot be loaded, and is told before the first call that can", async () => {
  const { answers, asked, arrive } = started();
  await answers.link("M", "default", { a: "1" }, false);
  await answers.link("N", "default", {}, false);
  await answers.unlink("N", "default", true);
  await assert.rejects(answers.invoke("M", "default", "A.B", new Uint8Array(), 1000), { code: "provider-unavailable" });
  arrive();
  await answers.invoke("M", "default", "A.B", new Uint8Array(), 1000);
  assert.deepEqual(asked.map(([method, actor]) => `${method} ${actor}`), ["link M", "invoke M"]);
});
