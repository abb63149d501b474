// The blob store of tabs: it does as servers' do, hands large objects over in chunks, and outlives the tab at any moment.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { KEEPING, ROUNDS, endAndOpen, provided, providerOf } from "./kept.mjs";
import { startOpenServer } from "./linked.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wasmcloud:blobstore";
const NAME = "blobstore-opfs";
const bytesOf = (length, seed) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff);
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

for (const driver of browsers) {
  if (KEEPING[driver.name] !== "opfs") {
    test(`${driver.name} has no files for workers, and its tabs no blob store`, async () => {
      const [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      try {
        assert.equal(await providerOf(await openTab(browser, server), NAME), undefined);
      } finally {
        await browser.close();
        await server.stop();
      }
    });
    continue;
  }

  describe(`the blob store in ${driver.name}'s tab`, { timeout: 300_000 + 10_000 * ROUNDS }, () => {
    const its = provided(driver, NAME, CONTRACT);

    const ask = async (operation, argument) => {
      const { reply, code, message } = await its.linked.call(operation, argument);
      assert.equal(code, undefined, message);
      return reply;
    };
    const put = (objectId, bytes) => its.linked.call("Blobstore.PutObject", { chunk: { containerId: "c", objectId, bytes, offset: 0, isLast: true } });

    for (const [index, [title, text]] of casesOf("blobstore").entries()) {
      test(title, async () => {
        await its.relink(`ROOT=case-${index}`);
        await runCase(text, its.linked.call);
      });
    }

    test("an object of several megabytes is written and read in chunks", async () => {
      await its.relink("ROOT=large");
      await ask("Blobstore.CreateContainer", "c");
      const content = bytesOf(5_000_000, 1);
      const step = 1 << 20;
      const at = (offset) => ({ containerId: "c", objectId: "o", bytes: content.subarray(offset, offset + step), offset, isLast: offset + step >= content.length });
      const { streamId } = await ask("Blobstore.PutObject", { chunk: at(0) });
      for (let offset = step; offset < content.length; offset += step) await ask("Blobstore.PutChunk", { chunk: at(offset), streamId });
      const parts = [];
      its.linked.answering((operation, chunk) => {
        assert.equal(operation, "ChunkReceiver.ReceiveChunk");
        parts.push(chunk);
        return { cancelDownload: false };
      });
      const { initialChunk, contentLength } = await ask("Blobstore.GetObject", { containerId: "c", objectId: "o" });
      assert.equal(contentLength, content.length);
      await until(() => parts.at(-1)?.isLast, "the last chunk");
      const read = Buffer.concat([initialChunk, ...parts].map(({ bytes }) => bytes));
      assert.equal(digest(read), digest(content));
    });

    test("a link to what is no name of a store is refused", async () => {
      const { code, stderr } = await its.server.cli("link", "put", its.linked.actor, its.provider, CONTRACT, "ROOT=../a");
      assert.notEqual(code, 0);
      assert.match(stderr, /ROOT/);
    });

    test(`each object is as it was answered when the tab ends while it writes, ${ROUNDS} times`, async () => {
      await its.relink("ROOT=rounds");
      await ask("Blobstore.CreateContainer", "c");
      const answered = new Map();
      for (let round = 0; round < ROUNDS; round++) {
        let [ended, writes] = [false, 0];
        const begun = new Map();
        const write = async (objectId) => {
          for (let seed = round * 1000; !ended; seed++) {
            const bytes = bytesOf(20_000 + seed, seed);
            begun.set(objectId, [...(begun.get(objectId) ?? []), digest(bytes)]);
            const { code } = await put(objectId, bytes).catch(() => ({ code: "gone" }));
            if (code !== undefined) continue;
            answered.set(objectId, digest(bytes));
            begun.delete(objectId);
            writes += 1;
          }
        };
        const writing = ["w", "x", "y", "z"].map(write);
        await until(() => writes > 20 + 7 * (round % 8), "it to write");
        its.tab = await endAndOpen(driver, its.tab);
        ended = true;
        assert.equal(await until(() => providerOf(its.tab, NAME), "the next tab to run it"), its.provider, "it has the same key");
        await Promise.all(writing);
        for (const [objectId, last] of answered) {
          const read = async () => (await its.linked.call("Blobstore.GetObject", { containerId: "c", objectId })).reply?.initialChunk?.bytes;
          const found = digest(await until(read, "the link to be served again"));
          assert.ok([last, ...(begun.get(objectId) ?? [])].includes(found), `${objectId} is as it was answered`);
        }
      }
    });
  });
}
