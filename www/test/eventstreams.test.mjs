// Event streams of a tab, without a browser: what streams hold, how they are kept, and how they are delivered.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { casesOf, runCase } from "../../tests/browser/conformance.mjs";
import { Deliveries } from "../dist/providers/deliveries.js";
import { EventStore, operations } from "../dist/providers/eventstreams.js";
import { OpfsJournal } from "../dist/providers/opfs-journal.js";
import { File, calling, copy } from "./stored.mjs";

const newFiles = () => [new File(), new File()];
const open = (files = newFiles()) => {
  const { journal, kept } = OpfsJournal.open(files);
  return new EventStore(journal, kept);
};
const LINK = { owner: "M/default", retention: {} };
const append = (store, text, link = LINK) => store.carryOut("EventStreams.Append", { stream: "s", data: text }, link);
const textOf = ({ data }) => new TextDecoder().decode(data);
const texts = async (store, link = LINK) => (await store.carryOut("EventStreams.Read", { stream: "s" }, link)).events.map(textOf);
const subscribe = (store, subscription = "", after = 0) => store.carryOut("EventStreams.Subscribe", { stream: "s", subscription, after }, LINK);

describe("event streams of a tab do as all do", () => {
  for (const [name, text] of casesOf("eventstreams")) {
    const store = open();
    test(name, () => runCase(text, calling(operations, (operation, argument) => store.carryOut(operation, argument, LINK))));
  }
});

test("what was answered is there again, wherever the file was cut while more was written", async () => {
  const files = newFiles();
  const store = open(files);
  await append(store, "a");
  await subscribe(store, "of a", 0);
  await store.handled(LINK.owner, store.subscriptions(LINK.owner)[0], 1);
  const answered = Math.max(...files.map((file) => file.getSize()));
  await append(store, "b");
  const whole = Math.max(...files.map((file) => file.getSize()));
  for (let length = answered; length <= whole; length++) {
    const cut = copy(files);
    for (const file of cut) if (file.getSize() > length) file.truncate(length);
    const again = open(cut);
    assert.deepEqual(await texts(again), length < whole ? ["a"] : ["a", "b"], `cut at ${length} of ${whole}`);
    assert.deepEqual(again.subscriptions(LINK.owner), [{ stream: "s", subscription: "of a", position: 1 }]);
  }
});

test("a log is made smaller, and the positions go on where they were", async () => {
  const files = newFiles();
  const store = open(files);
  const link = { ...LINK, retention: { events: 3 } };
  for (let number = 1; number <= 3000; number++) await append(store, String(number), link);
  assert.ok(Math.max(...files.map((file) => file.getSize())) < 150_000, "3,000 events are no longer there");
  const again = open(copy(files));
  assert.deepEqual(await texts(again), ["2998", "2999", "3000"]);
  assert.deepEqual(await append(again, "next"), { appended: true, position: 3001 });
  assert.deepEqual(await again.carryOut("EventStreams.GetInfo", "s", LINK), { firstPosition: 2998, lastPosition: 3001 });
});

test("so many bytes of a stream are kept, its last event in any case", async () => {
  const store = open();
  const link = { ...LINK, retention: { bytes: 10 } };
  for (const text of ["aaaaa", "bbbbb"]) await append(store, text, link);
  assert.deepEqual(await texts(store), ["aaaaa", "bbbbb"]);
  await append(store, "c", link);
  assert.deepEqual(await texts(store), ["bbbbb", "c"]);
  await append(store, "dddddddddd", link);
  assert.deepEqual(await texts(store), ["dddddddddd"]);
  await assert.rejects(append(store, "eeeeeeeeeee", link), { code: "provider-failed", message: /has 11 bytes, and the link keeps 10/ });
  assert.deepEqual(await texts(store), ["dddddddddd"]);
});

test("events are kept for so long, and their place is not forgotten", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const store = open();
  const link = { ...LINK, retention: { age: 1000 } };
  await append(store, "a", link);
  context.mock.timers.setTime(1_000_600);
  await append(store, "b", link);
  context.mock.timers.setTime(1_001_000);
  assert.deepEqual(await texts(store, link), ["b"]);
  context.mock.timers.setTime(1_001_600);
  assert.deepEqual(await texts(store, link), []);
  assert.deepEqual(await store.carryOut("EventStreams.GetInfo", "s", link), { firstPosition: 0, lastPosition: 2 });
});

test("an answer holds so many bytes of events, but one in any case", async () => {
  const store = open();
  const [large, huge] = ["x".repeat(700 << 10), "y".repeat(3 << 20)];
  for (const text of [large, huge, large]) await append(store, text);
  for (const [after, isLast] of [[0, false], [1, false], [2, true]]) {
    const { events, ...rest } = await store.carryOut("EventStreams.Read", { stream: "s", after }, LINK);
    assert.deepEqual([events.map(({ position }) => position), rest.isLast], [[after + 1], isLast]);
  }
});

/** Delivers to an actor that handles events when it is told to, by `next()`. */
function delivering(store, before) {
  const told = [];
  let wake = () => {};
  const tell = (delivery) => new Promise((resolve, reject) => {
    told.push({ ...delivery, event: textOf(delivery.event), resolve, reject });
    wake();
  });
  const deliveries = new Deliveries(LINK, tell, before);
  const next = async () => {
    while (told.length === 0) await new Promise((resolve) => (wake = resolve));
    return told.shift();
  };
  return { deliveries, told, next, begin: () => deliveries.begin(async () => store) };
}

test("events are delivered in order, one at a time, and one that was not handled comes again", async () => {
  const store = open();
  await subscribe(store);
  const { begin, next, told, deliveries } = delivering(store);
  await begin();
  for (const text of ["a", "b"]) await append(store, text);
  const first = await next();
  assert.deepEqual([first.event, first.redeliveries, told.length], ["a", 0, 0]);
  first.reject(new Error("not now"));
  const again = await next();
  assert.deepEqual([again.event, again.redeliveries, told.length], ["a", 1, 0]);
  again.resolve();
  const second = await next();
  assert.deepEqual([second.event, second.redeliveries], ["b", 0]);
  assert.equal(store.subscriptions(LINK.owner)[0].position, 1);
  second.resolve();
  await append(store, "c");
  (await next()).resolve();
  await deliveries.end();
});

test("a link that is put again goes on after what the former one was handling", async () => {
  const store = open();
  await subscribe(store);
  for (const text of ["a", "b"]) await append(store, text);
  const former = delivering(store);
  await former.begin();
  const handling = await former.next();
  const replacing = delivering(store, former.deliveries.end());
  const begun = replacing.begin();
  handling.resolve();
  await begun;
  const next = await replacing.next();
  assert.equal(next.event, "b");
  next.resolve();
  await replacing.deliveries.end();
});

test("a subscription that has ended gets nothing more, and one that is made again begins anew", async () => {
  const store = open();
  await subscribe(store);
  const { begin, next, told, deliveries } = delivering(store);
  await begin();
  await append(store, "a");
  const handling = await next();
  assert.equal(await store.carryOut("EventStreams.Unsubscribe", { stream: "s" }, LINK), true);
  await subscribe(store);
  handling.resolve();
  await begin();
  const again = await next();
  assert.deepEqual([again.event, again.redeliveries, told.length], ["a", 0, 0]);
  await store.forget(LINK.owner);
  assert.deepEqual(store.subscriptions(LINK.owner), []);
  again.resolve();
  await append(store, "b");
  await deliveries.end();
  assert.equal(told.length, 0);
});
