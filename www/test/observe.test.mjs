// What hosts tell of calls, and the faults that a page brings about, against a worker that is a plain object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { decodePayload, Host } from "../dist/index.js";
import { OBSERVATIONS_WAITING } from "../dist/observe.js";
import { fakeWorker } from "./worker.mjs";

const startIn = (worker) => Host.startIn(worker, { bridge: "ws://127.0.0.1:1/lattice", lattice: "blue" });
const key = (kind) => kind.padEnd(56, "A");
const [HOST, OTHER, ACTOR, PROVIDER] = ["N", "NB", "M", "V"].map(key);

const told = (at, more = {}) => ({ host: OTHER, at, window: 100, edges: [], calls: [], dropped: 0, actors: [], logs: [], ...more });

/** A host whose lattice is listened to; `tell` has another host tell, `ended` says how often listening ended. */
async function watching() {
  const subscribed = [];
  let ended = 0;
  const worker = fakeWorker({
    subscribe: (number, subject) => void subscribed.push({ number, subject }),
    unsubscribe: () => void (ended += 1),
  });
  const host = await startIn(worker);
  const tell = (payload, from = OTHER) =>
    worker.tell({ heard: subscribed[0].number, messages: [[`wisteria.calls.blue.${from}`, undefined, payload, []]], dropped: 0 });
  const isListening = async () => {
    while (subscribed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { host, tell, subscribed, isListening, ended: () => ended };
}

test("what a host tells of calls is read with its names as JavaScript has them", async () => {
  const { host, tell, subscribed, isListening, ended } = await watching();
  const observations = host.lattice.observe();
  const first = observations.next();
  await isListening();
  assert.equal(subscribed[0].subject, "wisteria.calls.blue.*");
  const edge = { origin: ACTOR, target: PROVIDER, count: 2, failed: 1, took: 3, slowest: 2, p50: 1 };
  const call = { trace: "a".repeat(32), span: "b".repeat(16), origin: ACTOR, target: PROVIDER, operation: "KeyValue.Get", began: 1, waited: 0, took: 2 };
  tell(
    encode(
      told(5, {
        edges: [{ ...edge, contract: "wasmcloud:keyvalue", link_name: "default" }],
        calls: [{ ...call, link_name: "default", bytes_in: 4, bytes_out: 0, fuel: 7, input: encode("key"), error: { code: "timeout", message: "late" } }],
        logs: [{ actor: ACTOR, level: "info", text: "hello", at: 4 }],
        actors: [{ actor: ACTOR, waiting: 1, busy: 2, instances: 3 }],
      }),
    ),
  );
  const { value } = await first;
  assert.deepEqual([value.host, value.at, value.window, value.dropped, value.missed], [OTHER, 5, 100, 0, 0]);
  assert.deepEqual(value.edges, [{ ...edge, contract: "wasmcloud:keyvalue", linkName: "default" }]);
  const [one] = value.calls;
  assert.deepEqual([one.host, one.linkName, one.bytesIn, one.bytesOut, one.fuel, one.error.code], [OTHER, "default", 4, 0, 7, "timeout"]);
  assert.equal("memory" in one, false);
  assert.equal(await decodePayload(one.input), "key");
  assert.deepEqual(value.logs, [{ host: OTHER, actor: ACTOR, level: "info", text: "hello", at: 4 }]);
  assert.deepEqual(value.actors, [{ actor: ACTOR, waiting: 1, busy: 2, instances: 3 }]);
  await observations.return();
  assert.equal(ended(), 1);
});

test("what is no observation is passed over", async () => {
  const { host, tell, isListening } = await watching();
  const first = host.lattice.observe().next();
  await isListening();
  for (const payload of [Uint8Array.of(0xc1, 0xff), encode("hello"), encode(null), encode({ host: 7, at: 1 })])
    tell(payload);
  // A host speaks for itself alone.
  tell(encode(told(8)), HOST);
  tell(encode(told(9)));
  assert.equal((await first).value.at, 9);
});

test("of what nobody takes the newest wait, and the next one says how many were missed", async () => {
  const { host, tell, isListening } = await watching();
  const observations = host.lattice.observe();
  const first = observations.next();
  await isListening();
  tell(encode(told(0)));
  await first;
  for (let at = 1; at <= OBSERVATIONS_WAITING + 3; at++) tell(encode(told(at)));
  await new Promise((resolve) => setImmediate(resolve));
  const { value } = await observations.next();
  assert.deepEqual([value.at, value.missed], [4, 3]);
  assert.equal((await observations.next()).value.missed, 0);
});

test("a signal ends it, and a lattice that refuses it is heard", async () => {
  const { host, isListening } = await watching();
  const controller = new AbortController();
  const next = host.lattice.observe({ signal: controller.signal }).next();
  await isListening();
  controller.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
  const refusing = fakeWorker({
    subscribe: () => {
      throw Object.assign(new Error("no"), { code: "not-permitted" });
    },
    unsubscribe: () => undefined,
  });
  await assert.rejects((await startIn(refusing)).lattice.observe().next(), { code: "not-permitted" });
});

test("faults are commands to the host that they are brought about on", async () => {
  const asked = [];
  const request = (subject, bytes) => {
    asked.push([subject, JSON.parse(new TextDecoder().decode(bytes))]);
    return ["inbox", undefined, new TextEncoder().encode('{"accepted":true}'), []];
  };
  const { faults } = await startIn(fakeWorker({ request }));
  await faults.slowLink({ actor_id: ACTOR, contract_id: "wasmcloud:keyvalue" }, 500);
  await faults.cutOff(OTHER, 5000);
  const slow = { kind: "slow-link", actor_id: ACTOR, contract_id: "wasmcloud:keyvalue", link_name: "default", delay_ms: 500 };
  assert.deepEqual(asked, [
    [`wasmbus.ctl.blue.cmd.${HOST}.fault`, { ...slow, host_id: HOST }],
    [`wasmbus.ctl.blue.cmd.${OTHER}.fault`, { kind: "cut-off", for_ms: 5000, host_id: OTHER }],
  ]);
  for (const time of [-1, 60_001, NaN, "1s"]) {
    await assert.rejects(faults.slowLink({ actor_id: ACTOR, contract_id: "a:b" }, time), { code: "bad-request" });
  }
  for (const time of [0, 300_001]) await assert.rejects(faults.cutOff(OTHER, time), { code: "bad-request" });
  await assert.rejects(faults.cutOff("elsewhere", 1), { code: "bad-request" });
  assert.equal(asked.length, 2);
});
