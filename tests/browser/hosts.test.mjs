// Hosts are labelled, watched and stopped by pages, and hand out the modules of their actors, in each browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

for (const driver of browsers) {
  describe(`hosts in ${driver.name}`, { timeout: 180_000 }, () => {
    let server, browser, tab;

    before(async () => {
      [server, browser] = await Promise.all([startServer({ lattice: "embedded" }), driver.open()]);
      tab = await openTab(browser, server);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** What comes of a method of `host.lattice`. */
    const lattice = (method, ...args) =>
      tab.page.evaluate(
        ({ method, args }) =>
          window.wisteria.lattice[method](...args).then(
            () => "done",
            ({ code }) => code,
          ),
        { method, args },
      );
    const labels = async (host) => (await tab.hosts()).find(({ id }) => id === host).labels;

    test("a page labels the server and its own host, and takes the labels away", async () => {
      for (const host of [await tab.server(), tab.id]) {
        assert.equal(await lattice("putLabel", host, "zone", "near"), "done");
        assert.equal(await lattice("putLabel", host, "zone", "far"), "done");
        assert.equal((await labels(host)).zone, "far");
        assert.equal(await lattice("deleteLabel", host, "zone"), "done");
        assert.equal((await labels(host)).zone, undefined);
        assert.equal(await lattice("putLabel", host, "", "far"), "bad-request");
      }
      assert.equal(await lattice("putLabel", tab.id.replace(/.{8}$/, "AAAAAAAA"), "zone", "near"), "host-not-found");
    });

    test("a page gets the module of an actor of the server, and of its own", async () => {
      const [server, bytes] = [await tab.server(), Buffer.from(moduleBytes("wapc_upper")).toString("base64")];
      for (const host of [server, tab.id]) {
        const actor = await tab.start("wapc_upper", { host });
        const got = await tab.page.evaluate(async (actor) => {
          const module = await window.wisteria.actors.module(actor);
          return btoa(Array.from(module, (byte) => String.fromCharCode(byte)).join(""));
        }, actor);
        assert.equal(got, bytes);
        await tab.page.evaluate(({ actor, host }) => window.wisteria.actors.stop(actor, { host }), { actor, host });
        const code = await tab.page.evaluate((actor) => window.wisteria.actors.module(actor).catch(({ code }) => code), actor);
        assert.equal(code, "actor-not-found");
      }
    });

    test("a store in memory is started by its name, under a link name of its own, with keys of its own", async () => {
      const actor = await tab.start("kv_counter");
      const counts = await tab.page.evaluate(async (actor) => {
        const host = window.wisteria;
        const [contract_id, first] = ["wasmcloud:keyvalue", await host.providers.start("keyvalue-memory")];
        const second = await host.providers.start("keyvalue-memory", { linkName: "cache" });
        const counts = [];
        for (const provider_id of [first, first, second]) {
          await host.links.put({ actor_id: actor, provider_id, contract_id });
          const request = { method: "GET", path: "/a", queryString: "", header: {}, body: new Uint8Array() };
          const { body } = await host.call(actor, "HttpServer.HandleRequest", request);
          counts.push(JSON.parse(new TextDecoder().decode(body)).counter);
        }
        await host.providers.stop(second);
        return counts;
      }, actor);
      assert.deepEqual(counts, [1, 2, 1]);
    });

    test("a page hears of other hosts that come, are stopped, and are lost", async () => {
      const begin = () => {
        window.told = [];
        window.wisteria.events.on("presence", ({ host, presence }) => window.told.push(`${host} ${presence}`));
      };
      await tab.page.evaluate(begin);
      const other = await openTab(browser, server);
      const told = (what) => until(async () => (await tab.page.evaluate(() => window.told)).includes(what), `the news "${what}"`);
      await told(`${other.id} live`);
      assert.equal(await lattice("stopHost", other.id, { patience: 100 }), "done");
      await told(`${other.id} gone`);
      assert.ok((await tab.hosts()).every(({ id }) => id !== other.id));
      const lost = await openTab(browser, server);
      await told(`${lost.id} live`);
      await lost.page.close();
      await told(`${lost.id} suspended`);
    });

    test("a page stops its own host", async () => {
      assert.equal(await lattice("stopHost", tab.id), "done");
      await until(async () => (await lattice("links")) === "stopped", "the host to be gone");
    });
  });
}
