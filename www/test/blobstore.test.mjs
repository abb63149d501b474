// The blob store of a tab, without a browser: what it keeps, how objects are written and read, and what a crash leaves.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { casesOf, runCase } from "../../tests/browser/conformance.mjs";
import { BlobIndex } from "../dist/providers/blob-index.js";
import { Blobs, LinkedBlobs, operations } from "../dist/providers/blobs.js";
import { OpfsJournal } from "../dist/providers/opfs-journal.js";
import { File, calling, copy } from "./stored.mjs";

/** Files of objects, in memory. */
class Files {
  all = new Map();
  room = Infinity;
  async create(number) {
    const parts = [];
    const bytes = () => Uint8Array.from(parts.flatMap((part) => [...part]));
    this.all.set(number, new Uint8Array());
    return {
      write: (part) => {
        this.room -= part.length;
        if (this.room < 0) throw Object.assign(new Error("there is no more room"), { code: "provider-failed" });
        parts.push(part.slice());
      },
      finish: () => this.all.set(number, bytes()),
      close: () => {},
    };
  }
  async read(number, from, to) {
    if (!this.all.has(number)) throw new Error(`file ${number} is gone`);
    return this.all.get(number).slice(from, to);
  }
  async remove(number) {
    this.all.delete(number);
  }
  numbers = async () => [...this.all.keys()];
}

async function open({ journals = [new File(), new File()], files = new Files() } = {}) {
  const { journal, kept } = OpfsJournal.open(journals);
  const blobs = await Blobs.open(new BlobIndex(journal, kept), files);
  return { blobs, journals, files };
}

const linked = (blobs, { most = 1 << 30, send = async () => true } = {}) => new LinkedBlobs(async () => blobs, most, send);
const place = { containerId: "c", objectId: "o" };
const put = (link, bytes, isLast = true) => link.carryOut("Blobstore.PutObject", { chunk: { ...place, bytes, isLast } });
const goOn = (link, streamId, offset, bytes, isLast) => link.carryOut("Blobstore.PutChunk", { streamId, chunk: { ...place, bytes, offset, isLast } });
const get = (link) => link.carryOut("Blobstore.GetObject", place);
const bytesOf = (count) => Uint8Array.from({ length: count }, (_, at) => (at * 7) & 0xff);

describe("the blob store of a tab does as all do", () => {
  for (const [name, text] of casesOf("blobstore")) {
    test(name, async () => {
      const link = linked((await open()).blobs);
      await runCase(text, calling(operations, (operation, argument) => link.carryOut(operation, argument)));
    });
  }
});

test("what was answered is there again, and files that came to nothing are not", async () => {
  const { blobs, journals, files } = await open();
  const link = linked(blobs);
  await link.carryOut("Blobstore.CreateContainer", "c");
  await put(link, bytesOf(10));
  await put(link, bytesOf(5), false);
  assert.equal(files.all.size, 2);
  const again = await open({ journals: copy(journals), files });
  assert.equal(files.all.size, 1, "the tab ended while it was written");
  const { initialChunk } = await get(linked(again.blobs));
  assert.deepEqual(initialChunk.bytes, bytesOf(10));
});

test("a large object is read chunk by chunk, whole, though it is replaced and removed meanwhile", async () => {
  const { blobs, files } = await open();
  const content = bytesOf(700_000);
  const got = [];
  let next;
  const received = () => new Promise((resolve) => (next = resolve));
  const link = linked(blobs, { send: (chunk) => new Promise((resolve) => next({ chunk, resolve })) });
  await link.carryOut("Blobstore.CreateContainer", "c");
  await put(link, content);
  let coming = received();
  const { initialChunk, contentLength } = await get(link);
  assert.equal(contentLength, 700_000);
  got.push(initialChunk);
  await put(link, bytesOf(1));
  await link.carryOut("Blobstore.RemoveObjects", { containerId: "c", objects: ["o"] });
  while (!got.at(-1).isLast) {
    const { chunk, resolve } = await coming;
    got.push(chunk);
    coming = received();
    resolve(false);
  }
  assert.deepEqual(got.map(({ offset }) => offset), [0, 262_144, 524_288]);
  assert.deepEqual(Uint8Array.from(got.flatMap(({ bytes }) => [...bytes])), content);
  // What nobody reads any more goes.
  while (files.all.size > 0) await new Promise(setImmediate);
});

test("an actor that wants no more gets no more, nor does one whose link has ended", async () => {
  for (const stop of [(link, resolve) => resolve(true), (link, resolve) => link.end().then(() => resolve(false))]) {
    const { blobs } = await open();
    let sent = 0;
    const link = linked(blobs, { send: () => new Promise((resolve) => (++sent, stop(link, resolve))) });
    await link.carryOut("Blobstore.CreateContainer", "c");
    await put(link, bytesOf(1_000_000));
    await get(link);
    for (let round = 0; round < 10; round++) await new Promise(setImmediate);
    assert.equal(sent, 1);
  }
});

test("a link writes so many objects at a time, none above its size, and one that waits for nothing is forgotten", async (context) => {
  const { blobs, files } = await open();
  const link = linked(blobs, { most: 8 });
  await link.carryOut("Blobstore.CreateContainer", "c");
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const streams = [];
  for (let number = 0; number < 8; number++) streams.push((await put(link, bytesOf(3), false)).streamId);
  await assert.rejects(put(link, bytesOf(3), false), /8 objects are being written/);
  // Whole ones take no place.
  await Promise.all(Array.from({ length: 20 }, () => put(link, bytesOf(3))));
  await link.carryOut("Blobstore.RemoveObjects", { containerId: "c", objects: ["o"] });
  await assert.rejects(goOn(link, streams[0], 3, bytesOf(6), false), /larger than 8 bytes/);
  await assert.rejects(goOn(link, streams[0], 3, bytesOf(1), false), /no such stream/);
  await assert.rejects(put(link, bytesOf(9)), /larger than 8 bytes/);
  context.mock.timers.tick(50_000);
  await goOn(link, streams[1], 3, bytesOf(1), false);
  context.mock.timers.tick(11_000);
  assert.equal(files.all.size, 1, "the one that went on");
  await assert.rejects(goOn(link, streams[2], 3, bytesOf(1), true), /no such stream/);
  await goOn(link, streams[1], 4, bytesOf(1), true);
  for (let number = 0; number < 8; number++) await put(link, bytesOf(3), false);
  await link.end();
  assert.equal(files.all.size, 1, "what was being written ended with the link");
  await assert.rejects(put(link, bytesOf(3)), /has just ended/);
});

test("so many whole objects wait for their turn, and one more is refused at once", async () => {
  const { blobs, files } = await open();
  const link = linked(blobs);
  await link.carryOut("Blobstore.CreateContainer", "c");
  let letIn = () => {};
  const gate = new Promise((resolve) => (letIn = resolve));
  const create = files.create.bind(files);
  files.create = (number) => gate.then(() => create(number));
  const waiting = Array.from({ length: 256 }, () => put(link, bytesOf(3)));
  await assert.rejects(put(link, bytesOf(3)), { code: "overloaded", message: /256 objects wait/ });
  letIn();
  await Promise.all(waiting);
  await put(link, bytesOf(3));
});

test("what there is no room for is refused, and leaves what was there", async () => {
  const { blobs, files } = await open();
  const link = linked(blobs);
  await link.carryOut("Blobstore.CreateContainer", "c");
  await put(link, bytesOf(10));
  files.room = 4;
  await assert.rejects(put(link, bytesOf(5)), { message: /no more room/ });
  assert.equal(files.all.size, 1);
  assert.deepEqual((await get(link)).initialChunk.bytes, bytesOf(10));
});
