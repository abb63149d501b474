// Which other hosts are there, as a page hears it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../dist/index.js";
import { Presence } from "../dist/presence.js";
import { fakeWorker } from "./worker.mjs";

const SECOND = 1000;
const at = (seconds) => seconds * SECOND;

/** A presence, and what it has told since it was asked last. */
function followed() {
  const told = [];
  const presence = new Presence(({ host, presence }) => told.push(`${host} ${presence}`));
  return { presence, told: () => told.splice(0) };
}

test("a silent host is suspended after 45 seconds, and gone a minute later", () => {
  const { presence, told } = followed();
  presence.know("N1", "live", at(0));
  presence.advance(at(44));
  assert.deepEqual(told(), []);
  presence.advance(at(45));
  presence.advance(at(50));
  assert.deepEqual(told(), ["N1 suspended"]);
  presence.advance(at(104));
  assert.deepEqual(told(), []);
  presence.advance(at(105));
  presence.advance(at(110));
  assert.deepEqual(told(), ["N1 gone"]);
});

test("a lost connection suspends at once, and any word from the host ends that", () => {
  const { presence, told } = followed();
  presence.lose("N1", at(0));
  assert.deepEqual(told(), [], "it was not known");
  presence.hear("N1", at(0));
  presence.lose("N1", at(1));
  presence.lose("N1", at(2));
  presence.hear("N1", at(3));
  presence.hear("N1", at(4));
  presence.drop("N1");
  presence.drop("N1");
  assert.deepEqual(told(), ["N1 live", "N1 suspended", "N1 live", "N1 gone"]);
});

test("nobody was silent while the page itself was away", () => {
  const { presence, told } = followed();
  presence.know("N1", "live", at(0));
  presence.excuse(at(44));
  presence.advance(at(60));
  assert.deepEqual(told(), []);
  presence.know("N2", "suspended", at(60));
  presence.hear("N2", at(61));
  assert.deepEqual(told(), ["N2 live"]);
});

test("whoever listens to presence hears of hosts that a broker loses, and only then is it followed", async () => {
  const other = "N".padEnd(56, "B");
  const summary = new TextEncoder().encode(JSON.stringify({ id: other }));
  const subscribed = new Map();
  const worker = fakeWorker({
    subscribe: (number, subject) => void subscribed.set(subject, number),
    unsubscribe: () => undefined,
    newInbox: () => "inbox",
    request: () => {
      throw Object.assign(new Error("nobody keeps anything"), { code: "no-responders" });
    },
    publish: (subject, _bytes, reply) => {
      assert.equal(subject, "wasmbus.ctl.default.ping.hosts");
      worker.tell({ heard: subscribed.get(reply), messages: [[reply, undefined, summary, []]], dropped: 0 });
    },
    stop: () => undefined,
  });
  const host = await Host.startIn(worker, { bridge: "ws://127.0.0.1:1/lattice" });
  assert.equal(subscribed.size, 0);
  const told = [];
  let wake;
  const next = () => new Promise((resolve) => (wake = resolve));
  host.events.on("presence", ({ host, presence }) => {
    told.push([host, presence]);
    wake?.();
  });
  const lose = () => worker.tell({ heard: subscribed.get("wisteria.lost.*"), messages: [[`wisteria.lost.${other}`, undefined, new Uint8Array(), []]], dropped: 0 });
  while (!subscribed.has("wisteria.lost.*")) await new Promise(setImmediate);
  const suspended = next();
  lose();
  await suspended;
  const back = next();
  worker.tell({ news: "event", detail: { source: other, type: "com.wasmcloud.lattice.host_heartbeat" } });
  await back;
  assert.deepEqual(told, [[other, "suspended"], [other, "live"]]);
  await host.stop();
});
