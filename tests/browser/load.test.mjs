// A tab under load: many calls at once, more actors than instances.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { withCustomSection } from "./module.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

const BURST = 2_000;
/** More than the wasm memories that Chromium gives one process. */
const ACTORS = 130;

describe("a tab under load", { timeout: 180_000 }, () => {
  let server, browser, tab;

  before(async () => {
    [server, browser] = await Promise.all([startServer(), chromium.open()]);
    tab = await openTab(browser, server);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Calls `actor` from the tab many times at once; resolves with how often each outcome came. */
  const burst = (from, actor) =>
    from.page.evaluate(
      async ({ actor, count }) => {
        const outcomes = {};
        const note = (outcome) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1);
        const request = { method: "GET", path: "/burst", queryString: "", header: {}, body: "" };
        const one = () => window.wisteria.call(actor, "HttpServer.HandleRequest", request, { deadline: 60_000 });
        const calls = Array.from({ length: count }, () =>
          one().then((reply) => note(reply.statusCode === 200 ? "ok" : `status ${reply.statusCode}`), (error) => note(error.code)),
        );
        await Promise.all(calls);
        return outcomes;
      },
      { actor, count: BURST },
    );

  test("of 2,000 calls at once each is answered, or refused as overloaded", async () => {
    const actor = await tab.start("kv_counter", { maxInstances: 64 });
    await tab.link(actor, "wasmcloud:keyvalue", await tab.server());
    const other = await openTab(browser, server);
    for (const from of [tab, other]) {
      const began = performance.now();
      const outcomes = await burst(from, actor);
      const { ok = 0, overloaded = 0, ...others } = outcomes;
      assert.deepEqual(others, {}, "other outcomes");
      assert.equal(ok + overloaded, BURST);
      assert.ok(ok >= 64, `${ok} were answered`);
      const way = from === tab ? "its own page" : "another tab";
      console.log(`burst of ${BURST} from ${way}: ${ok} answered, ${overloaded} overloaded, ${(performance.now() - began).toFixed()} ms`);
      // The tab still works, and nothing of the burst is left in its queues.
      const after = await tab.call(actor, "HttpServer.HandleRequest", { method: "GET", path: "/after", queryString: "", header: {}, body: "" });
      assert.equal(after.reply?.statusCode, 200, JSON.stringify(after));
    }
    await other.page.close();
  });

  test("130 different actors in one tab all answer", async () => {
    const module = moduleBytes("wapc_upper");
    const keys = [];
    for (let number = 0; number < ACTORS; number++) {
      keys.push(await tab.start(withCustomSection(module, "number", String(number)), { maxInstances: 1 }));
    }
    assert.equal(new Set(keys).size, ACTORS);
    // Twice, so that those whose instances were given up come back.
    for (const round of ["first", "second"]) {
      for (const [number, key] of keys.entries()) {
        const answer = await tab.call(key, "upper", `${round} ${number}`, { raw: true });
        assert.deepEqual(answer, { reply: `${round.toUpperCase()} ${number}` });
      }
    }
  });
});
