// The bus and the control interface as pages use them, against a worker that is a plain object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { Feed, WAITING } from "../dist/feed.js";
import { IN_FLIGHT } from "../dist/protocol.js";
import { Host, NotFoundError, TimeoutError } from "../dist/index.js";
import { fakeWorker } from "./worker.mjs";

const startIn = (worker) => Host.startIn(worker, { bridge: "ws://127.0.0.1:1/lattice" });
const listening = { subscribe: () => undefined, unsubscribe: () => undefined };
const key = (kind) => kind.padEnd(56, "A");
const [HOST, ACTOR, PROVIDER] = ["N", "M", "V"].map(key);
const json = (value) => new TextEncoder().encode(JSON.stringify(value));

test("what is published travels as MessagePack, or raw as it is, with its headers", async () => {
  const published = [];
  const host = await startIn(fakeWorker({ publish: (...args) => void published.push(args) }));
  await host.publish("a.b", { n: 1 }, { headers: { "x-a": "1" } });
  await host.publish("a.c", Uint8Array.of(1), { raw: true, reply: "r" });
  assert.deepEqual(decode(published[0][1]), { n: 1 });
  assert.deepEqual([published[0][0], published[0][2], published[0][3]], ["a.b", undefined, ["x-a", "1"]]);
  assert.deepEqual(published[1], ["a.c", Uint8Array.of(1), "r", []]);
  await assert.rejects(host.publish("a", "text", { raw: true }), { code: "bad-request", message: /Uint8Array/ });
});

test("a request brings its answer, its deadline goes along, and failures keep their class", async () => {
  const asked = [];
  const replies = [["inbox", undefined, encode("yes"), ["x-b", "2"]]];
  const request = (...args) => {
    asked.push(args);
    const reply = replies.shift();
    if (!reply) throw Object.assign(new Error("nobody"), { code: "no-responders" });
    return reply;
  };
  const host = await startIn(fakeWorker({ request }));
  const answer = await host.request("q", 7, { deadline: 12.5 });
  assert.deepEqual([answer.payload, answer.headers], ["yes", { "x-b": "2" }]);
  assert.deepEqual(asked[0], ["q", encode(7), [], 13]);
  await assert.rejects(host.request("q"), (error) => error instanceof NotFoundError && error.code === "no-responders");
  await assert.rejects(host.request("q", 1, { deadline: 0 }), { code: "bad-request" });
  await assert.rejects(host.request("q", 1, { signal: AbortSignal.abort() }), { code: "aborted" });
  assert.equal(asked.length, 2);
});

test("a subscription gives what is heard in order, answers who asks, and gives back room", async () => {
  const published = [];
  const worker = fakeWorker({ ...listening, publish: (...args) => void published.push(args) });
  const host = await startIn(worker);
  const heard = host.subscribe("a.>", { queue: "workers" });
  await heard.ready;
  const number = 2;
  const first = heard.next();
  for (let n = 0; n < IN_FLIGHT; n++) worker.tell({ heard: number, messages: [[`a.${n}`, "inbox.1", encode(n), []]], dropped: 3 });
  const { value } = await first;
  assert.deepEqual([value.subject, value.payload, heard.dropped], ["a.0", 0, 3]);
  await value.respond({ ok: true });
  assert.deepEqual(published[0], ["inbox.1", encode({ ok: true }), undefined, []]);
  for (let n = 1; n < IN_FLIGHT; n++) assert.equal((await heard.next()).value.payload, n);
  assert.deepEqual(worker.got, Array(4).fill({ taken: number, count: IN_FLIGHT / 4 }));
});

test("a subscription ends with its loop, with its signal, and with its host", async () => {
  const ended = [];
  const worker = fakeWorker({ ...listening, unsubscribe: (number) => void ended.push(number), stop: () => undefined });
  const host = await startIn(worker);
  const looped = host.subscribe("a");
  await looped.ready;
  worker.tell({ heard: 2, messages: [["a", undefined, encode(1), []]], dropped: 0 });
  for await (const { payload } of looped) {
    assert.equal(payload, 1);
    break;
  }
  assert.deepEqual(await looped.next(), { done: true, value: undefined });
  const controller = new AbortController();
  const aborted = host.subscribe("b", { signal: controller.signal });
  const waiting = aborted.next();
  controller.abort();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  const stopped = host.subscribe("c").next();
  await host.stop();
  assert.deepEqual(await stopped, { done: true, value: undefined });
  assert.equal(ended.length, 2);
});

test("a subscription that is refused throws why, once", async () => {
  const refuse = () => {
    throw Object.assign(new Error("no"), { code: "not-permitted" });
  };
  const host = await startIn(fakeWorker({ ...listening, subscribe: refuse }));
  const heard = host.subscribe("secret");
  await assert.rejects(heard.ready, { name: "NotPermittedError" });
  await assert.rejects(heard.next(), { code: "not-permitted" });
  assert.deepEqual(await heard.next(), { done: true, value: undefined });
});

test("a subscription whose host fails throws why", async () => {
  const worker = fakeWorker(listening);
  const host = await startIn(worker);
  const waiting = host.subscribe("a").next();
  worker.onerror({ message: "boom" });
  await assert.rejects(waiting, { name: "ConnectionError", code: "worker-failed" });
});

test("what a page does not take waits up to a bound; beyond it is dropped, counted and told", () => {
  const posted = [];
  const feed = new Feed(1, "a", (message) => posted.push(message));
  const extra = 5;
  for (let n = 0; n < IN_FLIGHT + WAITING + extra; n++) feed.put([`a.${n}`, undefined, new Uint8Array(), []]);
  const news = posted.filter((message) => message.news);
  assert.deepEqual(news.map(({ detail }) => detail.dropped), [1, 2, 4]);
  assert.equal(posted.length - news.length, IN_FLIGHT);
  feed.taken(10);
  const { messages, dropped } = posted.at(-1);
  assert.deepEqual([messages.length, messages[0][0], dropped], [10, `a.${IN_FLIGHT}`, extra]);
  feed.put(["late", undefined, new Uint8Array(), []]);
  for (let taken = 0; taken < WAITING; taken += IN_FLIGHT) feed.taken(IN_FLIGHT);
  assert.equal(posted.at(-1).messages.at(-1)[0], "late");
});

test("links are put, asked about and deleted in the words of the control interface", async () => {
  const asked = [];
  const answers = [
    { accepted: true, error: "", link_status: { state: "pending" } },
    { links: [{ actor_id: ACTOR, provider_id: PROVIDER, contract_id: "a:b", link_name: "default", values: {}, status: { state: "active" } }] },
    { accepted: true, error: "" },
  ];
  const request = (subject, bytes) => {
    asked.push([subject, new TextDecoder().decode(bytes)]);
    return ["inbox", undefined, json(answers.shift()), []];
  };
  const host = await startIn(fakeWorker({ request }));
  const link = { actor_id: ACTOR, provider_id: PROVIDER, contract_id: "a:b" };
  assert.deepEqual(await host.links.put(link), { state: "pending" });
  assert.deepEqual(await host.links.status(ACTOR, "a:b"), { state: "active" });
  await host.links.del(ACTOR, "a:b");
  assert.deepEqual(asked.map(([subject]) => subject), ["wasmbus.ctl.default.linkdefs.put", "wasmbus.ctl.default.get.links", "wasmbus.ctl.default.linkdefs.del"]);
  assert.deepEqual(JSON.parse(asked[0][1]), { link_name: "default", values: {}, ...link });
  await assert.rejects(host.links.put({ ...link, actor_id: "M1" }), { code: "bad-request", message: /is not the key of an actor/ });
});

test("a command that is refused fails with the code and the words of who refused it", async () => {
  const reply = ["inbox", undefined, json({ accepted: false, error: "it does not run here" }), ["Wisteria-Error", "actor-not-found"]];
  const host = await startIn(fakeWorker({ request: () => reply }));
  await assert.rejects(host.actors.stop(ACTOR, { host: HOST }), { code: "actor-not-found", message: "it does not run here" });
});

test("a host that nobody has heard of is not found", async () => {
  const request = () => {
    throw Object.assign(new Error("nobody"), { code: "no-responders" });
  };
  const host = await startIn(fakeWorker({ request }));
  await assert.rejects(host.lattice.inventory(HOST), { code: "host-not-found", message: /host\.lattice\.hosts/ });
});

test("an actor is started by its key from the module that another host has, part by part", async () => {
  const offsets = [];
  const request = (subject, _bytes, headers) => {
    assert.equal(subject, `wisteria.modules.default.${ACTOR}`);
    offsets.push(headers[1]);
    return ["inbox", undefined, offsets.length === 1 ? Uint8Array.of(1, 2) : Uint8Array.of(3), ["Wisteria-Total", "3"]];
  };
  const started = [];
  const startActor = (...args) => {
    started.push(args);
    return ACTOR;
  };
  const host = await startIn(fakeWorker({ request, startActor }));
  assert.equal(await host.actors.start(ACTOR), ACTOR);
  assert.deepEqual(offsets, ["0", "2"]);
  assert.deepEqual(started, [[HOST, Uint8Array.of(1, 2, 3), 0, undefined]]);
});

test("the module of an actor that runs somewhere is got whole", async () => {
  const parts = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const request = () => ["inbox", undefined, parts.shift(), ["Wisteria-Total", "3"]];
  const host = await startIn(fakeWorker({ request }));
  assert.deepEqual(await host.actors.module(ACTOR), Uint8Array.of(1, 2, 3));
  await assert.rejects(host.actors.module(PROVIDER), { code: "bad-request" });
});

test("hosts are labelled and stopped in the words of the control interface", async () => {
  const asked = [];
  const answers = [{ accepted: true }, { accepted: true }, { accepted: true }, { accepted: true }, { accepted: false, error: "too many" }];
  const request = (subject, bytes, headers) => {
    asked.push([subject, JSON.parse(new TextDecoder().decode(bytes)), headers]);
    return ["inbox", undefined, json(answers.shift()), []];
  };
  const host = await startIn(fakeWorker({ request }));
  await host.lattice.putLabel(HOST, "zone", "near");
  await host.lattice.deleteLabel(HOST, "zone");
  await host.lattice.stopHost(HOST, { patience: 500 });
  await host.lattice.stopHost(HOST);
  const waits = ["Wisteria-Await", "outcome"];
  assert.deepEqual(asked, [
    [`wasmbus.ctl.default.labels.${HOST}.put`, { key: "zone", value: "near" }, waits],
    [`wasmbus.ctl.default.labels.${HOST}.del`, { key: "zone" }, waits],
    [`wasmbus.ctl.default.cmd.${HOST}.stop`, { host_id: HOST, timeout: 500 }, waits],
    [`wasmbus.ctl.default.cmd.${HOST}.stop`, { host_id: HOST }, waits],
  ]);
  await assert.rejects(host.lattice.putLabel(HOST, "zone", "far"), { message: "too many" });
  await assert.rejects(host.lattice.putLabel(ACTOR, "zone", "far"), { code: "bad-request" });
  await assert.rejects(host.lattice.stopHost(HOST, { patience: -1 }), { code: "bad-request" });
});

test("whatever waits can be given a deadline and a signal", async () => {
  const never = () => new Promise(() => {});
  const host = await startIn(fakeWorker({ request: never, publish: never, startActor: never, updateActor: never, callAs: never, call: never }));
  const waiting = { signal: AbortSignal.timeout(5) };
  const asked = [
    host.call(ACTOR, "Any", 1, waiting),
    host.publish("a", 1, waiting),
    host.request("a", 1, waiting),
    host.actors.start(Uint8Array.of(1), { ...waiting, host: HOST }),
    host.actors.update(ACTOR, Uint8Array.of(1), { ...waiting, host: HOST }),
    host.actors.stop(ACTOR, { ...waiting, host: HOST }),
    host.actors.scale(ACTOR, 2, { ...waiting, host: HOST }),
    host.links.put({ actor_id: ACTOR, provider_id: PROVIDER, contract_id: "a:b" }, waiting),
    host.links.del(ACTOR, "a:b", "default", waiting),
    host.links.status(ACTOR, "a:b", "default", waiting),
    host.lattice.inventory(HOST, waiting),
    host.lattice.links(waiting),
    host.lattice.claims(waiting),
    host.lattice.putLabel(HOST, "zone", "near", waiting),
    host.lattice.deleteLabel(HOST, "zone", waiting),
    host.lattice.stopHost(HOST, waiting),
    host.actors.module(ACTOR, waiting),
  ];
  const codes = await Promise.all(asked.map((work) => work.then(() => "done", ({ code }) => code)));
  assert.deepEqual(codes, asked.map(() => "aborted"));
  await assert.rejects(host.publish("a", 1, { deadline: 5 }), (error) => error instanceof TimeoutError);
  await assert.rejects(host.actors.start(Uint8Array.of(1), { deadline: 5, host: HOST }), { code: "timeout" });
});
