// Key-value of tabs: it does as servers' does, outlives the tab at any moment, and is one tab's at a time.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { KEEPING, ROUNDS, endAndOpen, providerOf } from "./kept.mjs";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { joined, openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wasmcloud:keyvalue";
for (const driver of browsers) {
  describe(`key-value in ${driver.name}'s tab`, { timeout: 300_000 }, () => {
    let server, browser, tab, provider, linked;
    const name = `keyvalue-${KEEPING[driver.name]}`;
    const relink = async (file) => {
      await linked?.stop();
      linked = await linkedTo(server, provider, CONTRACT, [`FILE=${file}`]);
    };
    const get = async (key) => (await linked.call("KeyValue.Get", key)).reply?.value;
    const increment = () => linked.call("KeyValue.Increment", { key: "n", value: 1 });

    before(async () => {
      [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      tab = await openTab(browser, server);
      provider = await providerOf(tab, name);
    });

    after(async () => {
      await linked?.stop();
      await browser?.close();
      await server?.stop();
    });

    test(`it is ${name}`, () => assert.match(provider ?? "", /^V/));

    for (const [index, [title, text]] of casesOf("keyvalue").entries()) {
      test(title, async () => {
        await relink(`case-${index}`);
        await runCase(text, linked.call);
      });
    }

    test("a link to what is no name of a store is refused", async () => {
      for (const file of ["../a", "a/b", "", "x".repeat(65)]) {
        const { code, stderr } = await server.cli("link", "put", linked.actor, provider, CONTRACT, `FILE=${file}`);
        assert.notEqual(code, 0, file);
        assert.match(stderr, /FILE/);
      }
    });

    test("stores of different names know nothing of each other", async () => {
      await relink("one");
      await linked.call("KeyValue.Set", { key: "k", value: "1" });
      await relink("two");
      assert.equal(await get("k"), "");
      await relink("one");
      assert.equal(await get("k"), "1");
    });

    test(`nothing that was answered is missing when the tab ends while it writes, ${ROUNDS} times`, async () => {
      await relink("rounds");
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
        tab = await endAndOpen(driver, tab);
        ended = true;
        assert.equal(await until(() => providerOf(tab, name), "the next tab to run it"), provider, "it has the same key");
        await Promise.all(writing);
        const value = await until(() => get("n"), "the link to be served again");
        assert.ok(Number(value) >= answered, `${value} was read, ${answered} answered`);
      }
    });

    if (driver.name !== "webkit") {
      test("of two tabs one runs it, and the other when that is closed", async () => {
        await relink("tabs");
        await increment();
        const second = await joined(await tab.page.beside());
        assert.equal(await providerOf(second, name), undefined);
        assert.deepEqual(await increment(), { reply: 2 });
        await tab.page.crash();
        assert.equal(await until(() => providerOf(second, name), "the second tab to run it"), provider);
        assert.deepEqual(await until(async () => (await increment()).reply, "the link to be served"), 3);
        tab = second;
      });
    }
  });
}
