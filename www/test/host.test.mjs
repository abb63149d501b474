// The package's own logic, against a worker that is a plain object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Host } from "../dist/index.js";
import { fakeWorker } from "./worker.mjs";

const startIn = (worker) => Host.startIn(worker, { bridge: "ws://127.0.0.1:1/lattice" });

test("a call takes and gives values", async () => {
  const host = await startIn(fakeWorker({ call: (_target, _operation, bytes) => bytes }));
  assert.deepEqual(await host.call("M", "Echo", { n: 1, list: ["a"] }), { n: 1, list: ["a"] });
  assert.equal(await host.call("M", "Echo"), undefined);
});

test("a raw call takes and gives bytes", async () => {
  const host = await startIn(fakeWorker({ call: (_target, _operation, bytes) => bytes }));
  assert.deepEqual(await host.call("M", "Echo", Uint8Array.of(1, 2), { raw: true }), Uint8Array.of(1, 2));
});

test("an announced encoding is understood, another is named", async () => {
  const replies = [Uint8Array.of(0xc1, ...encode("text")), Uint8Array.of(0x7f, 0x61), Uint8Array.of(0xc1)];
  const host = await startIn(fakeWorker({ call: () => replies.shift() }));
  assert.equal(await host.call("M", "Any"), "text");
  await assert.rejects(host.call("M", "Any"), { code: "bad-reply", message: /CBOR/ });
  await assert.rejects(host.call("M", "Any"), { code: "bad-reply", message: /raw/ });
});

test("a failure keeps its code", async () => {
  const failing = () => {
    throw Object.assign(new Error("link it"), { code: "not-linked" });
  };
  const host = await startIn(fakeWorker({ call: failing }));
  await assert.rejects(host.call("M", "Any"), { name: "NotLinkedError", code: "not-linked", message: "link it" });
});

test("a call can be given up", async () => {
  const host = await startIn(fakeWorker({ call: () => new Promise(() => {}) }));
  const controller = new AbortController();
  const call = host.call("M", "Any", undefined, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { code: "aborted" });
});

test("when the worker fails, what is open and what follows fails by name", async () => {
  const worker = fakeWorker({ call: () => new Promise(() => {}) });
  const host = await startIn(worker);
  const open = host.call("M", "Any");
  worker.onerror({ message: "boom" });
  await assert.rejects(open, { code: "worker-failed", message: /boom/ });
  await assert.rejects(host.call("M", "Any"), { code: "worker-failed" });
  assert.ok(worker.terminated);
});

test("a stopped host ends its worker and says so", async () => {
  const worker = fakeWorker({ stop: () => undefined });
  const host = await startIn(worker);
  await host.stop();
  assert.ok(worker.terminated);
  await assert.rejects(host.call("M", "Any"), { code: "stopped" });
});

test("a host that the lattice stopped ends its worker, and what is open and follows says so", async () => {
  const worker = fakeWorker({ call: () => new Promise(() => {}) });
  const host = await startIn(worker);
  const states = [];
  host.events.on("connection", (state) => states.push(state));
  const open = host.call("M", "Any");
  worker.onmessage({ data: { news: "connection", detail: "reconnecting" } });
  assert.ok(!worker.terminated);
  worker.onmessage({ data: { news: "connection", detail: "closed" } });
  await assert.rejects(open, { code: "stopped" });
  await assert.rejects(host.call("M", "Any"), { code: "stopped" });
  assert.ok(worker.terminated);
  assert.deepEqual(states, ["reconnecting", "closed"]);
  await host.stop();
});

test("the lattice's events can be iterated", async () => {
  const worker = fakeWorker({});
  const host = await startIn(worker);
  const events = host.events[Symbol.asyncIterator]();
  const first = events.next();
  worker.onmessage({ data: { news: "event", detail: { type: "a" } } });
  worker.onmessage({ data: { news: "event", detail: { type: "b" } } });
  assert.deepEqual((await first).value, { type: "a" });
  assert.deepEqual((await events.next()).value, { type: "b" });
  await events.return();
});

test("tabs that are to be a lattice by themselves need a page, and that is said elsewhere", async () => {
  const { Host: NodeHost } = await import("../dist/node.js");
  for (const worker of [true, false]) {
    await assert.rejects(NodeHost.start({ bridge: "tab:", worker }), { name: "UnsupportedError", code: "unsupported", message: /join a server/ });
  }
});
