// Key-value of tabs: it does as servers' does, outlives the tab at any moment, and is one tab's at a time.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { KEEPING, ROUNDS, endAndOpen, provided, providerOf } from "./kept.mjs";
import { joined } from "./tab.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wasmcloud:keyvalue";
for (const driver of browsers) {
  describe(`key-value in ${driver.name}'s tab`, { timeout: 300_000 }, () => {
    const name = `keyvalue-${KEEPING[driver.name]}`;
    const its = provided(driver, name, CONTRACT);
    const get = async (key) => (await its.linked.call("KeyValue.Get", key)).reply?.value;
    const increment = () => its.linked.call("KeyValue.Increment", { key: "n", value: 1 });

    test(`it is ${name}`, () => assert.match(its.provider ?? "", /^V/));

    for (const [index, [title, text]] of casesOf("keyvalue").entries()) {
      test(title, async () => {
        await its.relink(`FILE=case-${index}`);
        await runCase(text, its.linked.call);
      });
    }

    test("a link to what is no name of a store is refused", async () => {
      for (const file of ["../a", "a/b", "", "x".repeat(65)]) {
        const { code, stderr } = await its.server.cli("link", "put", its.linked.actor, its.provider, CONTRACT, `FILE=${file}`);
        assert.notEqual(code, 0, file);
        assert.match(stderr, /FILE/);
      }
    });

    test("stores of different names know nothing of each other", async () => {
      await its.relink("FILE=one");
      await its.linked.call("KeyValue.Set", { key: "k", value: "1" });
      await its.relink("FILE=two");
      assert.equal(await get("k"), "");
      await its.relink("FILE=one");
      assert.equal(await get("k"), "1");
    });

    test(`nothing that was answered is missing when the tab ends while it writes, ${ROUNDS} times`, async () => {
      await its.relink("FILE=rounds");
      let answered = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let ended = false;
        const write = async () => {
          while (!ended) {
            const { reply } = await increment().catch(() => ({}));
            if (reply > answered) answered = reply;
          }
        };
        const writing = [write(), write(), write(), write()];
        const from = answered;
        await until(() => answered > from + 50 + 17 * round, "it to write");
        its.tab = await endAndOpen(driver, its.tab);
        ended = true;
        assert.equal(await until(() => providerOf(its.tab, name), "the next tab to run it"), its.provider, "it has the same key");
        await Promise.all(writing);
        const value = await until(() => get("n"), "the link to be served again");
        assert.ok(Number(value) >= answered, `${value} was read, ${answered} answered`);
      }
    });

    if (driver.name !== "webkit") {
      test("of two tabs one runs it, and the other when that is closed", async () => {
        await its.relink("FILE=tabs");
        await increment();
        const second = await joined(await its.tab.page.beside());
        assert.equal(await providerOf(second, name), undefined);
        assert.deepEqual(await increment(), { reply: 2 });
        await its.tab.page.crash();
        assert.equal(await until(() => providerOf(second, name), "the second tab to run it"), its.provider);
        assert.deepEqual(await until(async () => (await increment()).reply, "the link to be served"), 3);
        its.tab = second;
      });
    }
  });
}
