// Key-value of a tab, without a browser: what keys hold, how it is kept, and what of it is there again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { casesOf, runCase } from "../../tests/browser/conformance.mjs";
import { KeyValueStore, operations } from "../dist/providers/keyvalue.js";
import { OpfsJournal } from "../dist/providers/opfs-journal.js";
import { framed, readRecords } from "../dist/providers/records.js";
import { File, calling, copy } from "./stored.mjs";

const open = (files) => {
  const { journal, kept } = OpfsJournal.open(files);
  return new KeyValueStore(journal, kept);
};
/** Calls a store as an actor does. */
const callerOf = (store) => calling(operations, (operation, argument) => store.carryOut(operation, argument));

describe("key-value of a tab does as all do", () => {
  for (const [name, text] of casesOf("keyvalue")) {
    test(name, () => runCase(text, callerOf(open([new File(), new File()]))));
  }
});

test("what was answered is there again, wherever the file was cut while more was written", async () => {
  const files = [new File(), new File()];
  const store = open(files);
  const set = (key, value) => store.carryOut("KeyValue.Set", { key, value, expires: 0 });
  await set("a", "1");
  await store.carryOut("KeyValue.ListAdd", { listName: "l", value: "x" });
  await store.carryOut("KeyValue.SetAdd", { setName: "s", value: "y" });
  const answered = Math.max(...files.map((file) => file.getSize()));
  await set("a", "2");
  const whole = Math.max(...files.map((file) => file.getSize()));
  const get = async (files) => (await open(files).carryOut("KeyValue.Get", "a")).value;
  for (let length = answered; length < whole; length++) {
    const cut = copy(files);
    for (const file of cut) if (file.getSize() > length) file.truncate(length);
    const again = open(cut);
    assert.equal((await again.carryOut("KeyValue.Get", "a")).value, "1", `cut at ${length} of ${whole}`);
    assert.deepEqual(await again.carryOut("KeyValue.ListRange", { listName: "l", start: 0, stop: -1 }), ["x"]);
    assert.deepEqual(await again.carryOut("KeyValue.SetQuery", "s"), ["y"]);
    // What comes next takes the place of what was cut.
    await again.carryOut("KeyValue.Set", { key: "a", value: "3", expires: 0 });
    assert.equal(await get(cut), "3");
  }
  assert.equal(await get(copy(files)), "2");
});

test("a log is made smaller, and cutting the new one short loses nothing", async () => {
  const files = [new File(), new File()];
  const store = open(files);
  for (let round = 1; round <= 5000; round++) await store.carryOut("KeyValue.Increment", { key: "n", value: 1 });
  assert.ok(Math.max(...files.map((file) => file.getSize())) < 100_000, "the log of 5,000 steps is no longer there");
  assert.equal((await open(copy(files)).carryOut("KeyValue.Get", "n")).value, "5000");
  const older = copy(files);
  OpfsJournal.open(files).journal.replace([["text", "n", "5000", 0]]);
  const fresh = older.findIndex((file) => file.getSize() === 0);
  for (let length = 0; length <= files[fresh].getSize(); length++) {
    const cut = copy(older);
    cut[fresh].bytes = files[fresh].bytes.slice(0, length);
    assert.equal((await open(cut).carryOut("KeyValue.Get", "n")).value, "5000", `cut at ${length}`);
  }
});

test("what there is no room for is refused and changes nothing, then and later", async () => {
  const files = [new File(), new File()];
  const store = open(files);
  await store.carryOut("KeyValue.Set", { key: "k", value: "kept", expires: 0 });
  for (const file of files) file.room = file.getSize() + 50;
  await assert.rejects(store.carryOut("KeyValue.Set", { key: "k", value: "x".repeat(1000), expires: 0 }), {
    code: "provider-failed",
    message: /does not keep it: there is no more room; delete something/,
  });
  assert.deepEqual(await store.carryOut("KeyValue.Get", "k"), { value: "kept", exists: true });
  for (const file of files) file.room = Infinity;
  await store.carryOut("KeyValue.Set", { key: "k", value: "next", expires: 0 });
  assert.equal((await open(files).carryOut("KeyValue.Get", "k")).value, "next");
});

test("a file that is damaged in its middle is not taken for one that was cut short", () => {
  const records = ["one", "two", "three"].map((text) => framed(new TextEncoder().encode(text)));
  const file = Uint8Array.from(records.flatMap((record) => [...record]));
  assert.equal(readRecords(file).records.length, 3);
  const second = records[0].length;
  for (const at of [second + 4, second + 8]) {
    const damaged = file.slice();
    damaged[at] ^= 1;
    assert.throws(() => readRecords(damaged), /damaged at byte/, `byte ${at}`);
  }
  const last = file.slice();
  last[last.length - 1] ^= 1;
  assert.equal(readRecords(last).records.length, 2);
  assert.equal(readRecords(Uint8Array.from([...file, ...new Array(64).fill(0)])).end, file.length);
});

test("sets are in the order of code points", async () => {
  const store = open([new File(), new File()]);
  for (const value of ["\u{1f600}", "\ufffd", "a", "é"]) await store.carryOut("KeyValue.SetAdd", { setName: "s", value });
  assert.deepEqual(await store.carryOut("KeyValue.SetQuery", "s"), ["a", "é", "\ufffd", "\u{1f600}"]);
});

test("what is handed over is taken over by another store, part by part", async () => {
  const [from, to] = [open([new File(), new File()]), open([new File(), new File()])];
  const expires = 3600;
  for (let number = 0; number < 450; number++) await from.carryOut("KeyValue.Set", { key: `k${number}`, value: String(number), expires });
  for (const value of ["x", "y"]) await from.carryOut("KeyValue.ListAdd", { listName: "l", value });
  for (const value of ["b", "a"]) await from.carryOut("KeyValue.SetAdd", { setName: "s", value });
  await to.carryOut("KeyValue.ListAdd", { listName: "l", value: "of before" });
  let [next, parts] = [undefined, 0];
  do {
    const { records, next: after } = await from.export(next);
    await to.import(records);
    [next, parts] = [after, parts + 1];
  } while (next !== undefined);
  assert.equal(parts, 3);
  assert.deepEqual((await to.export("k")).records, (await from.export("k")).records);
  assert.deepEqual(await to.carryOut("KeyValue.ListRange", { listName: "l", start: 0, stop: -1 }), ["x", "y"]);
  assert.deepEqual(await to.carryOut("KeyValue.SetQuery", "s"), ["a", "b"]);
  assert.equal(JSON.parse((await from.export(undefined)).records[0]).value.Text, "0");
});

test("what is no record is refused, and nothing is taken over", async () => {
  const store = open([new File(), new File()]);
  const good = JSON.stringify({ key: "k", value: { Text: "v" }, expires: null });
  for (const bad of ["{}", "[]", '{"key":1,"value":{"Text":"v"}}', '{"key":"k","value":{"Other":"v"}}', "no JSON"]) {
    await assert.rejects(store.import([good, bad]));
  }
  assert.deepEqual((await store.export(undefined)).records, []);
});
