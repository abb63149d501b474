// Actors in a tab behind `fetch`, with and without a server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { startOpenServer } from "./linked.mjs";
import { joined, openTab } from "./tab.mjs";

const HTTP = "wasmcloud:httpserver";

for (const driver of browsers) {
  describe(`actors served by ${driver.name}'s tab`, { timeout: 180_000 }, () => {
    let server, browser, tab, provider, counter, upper;

    before(async () => {
      [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      tab = await openTab(browser, server);
      provider = await tab.page.evaluate(async () => {
        window.serving = await window.wisteria.serveActors();
        return window.serving.id;
      });
      [counter, upper] = [await tab.start("kv_counter"), await tab.start("wapc_upper")];
      await tab.link(counter, "wasmcloud:keyvalue", tab.id);
      await put(counter, "NAME=counter");
      await put(upper, "NAME=upper");
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const put = async (actor, ...values) => {
      const { code, stderr } = await server.cli("link", "put", actor, provider, HTTP, ...values);
      return code === 0 ? undefined : stderr;
    };
    /** What a page gets. */
    const get = (path, { of = tab, ...init } = {}) =>
      of.page.evaluate(
        async ({ path, init }) => {
          if (init.size) init.body = "x".repeat(init.size);
          const response = await fetch(path, init);
          return { status: response.status, error: response.headers.get("wisteria-error"), text: await response.text() };
        },
        { path, init },
      );

    test("a fetch of the page reaches the actor by its name", async () => {
      const { status, text } = await get("/actors/counter/visits/today");
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text), { counter: 1, key: "counter:visits:today" });
    });

    test("so does one of another page of that origin", { skip: driver.name === "webkit" && "WebDriver opens one page there" }, async () => {
      const other = await joined(await tab.page.beside());
      const { status, text } = await get("/actors/counter/visits/today", { of: other });
      assert.equal(status, 200, text);
      assert.equal(JSON.parse(text).counter, 2);
    });

    test("what nobody serves, what fails and what is too large is told", async () => {
      const nobody = await get("/actors/nobody/");
      assert.deepEqual([nobody.status, nobody.error], [502, "no-responders"]);
      assert.match(nobody.text, /no open page of this origin serves "nobody".*NAME=nobody/);
      const failed = await get("/actors/upper/");
      assert.deepEqual([failed.status, failed.error], [500, "guest-failed"]);
      const large = await get("/actors/counter/", { method: "POST", size: (8 << 20) + 1 });
      assert.deepEqual([large.status, large.error], [413, "payload-too-large"]);
    });

    test("what an actor answers is no document", async () => {
      const text = await tab.page.evaluate(async () => {
        const frame = document.createElement("iframe");
        frame.src = "/actors/counter/framed";
        const loaded = new Promise((resolve) => (frame.onload = resolve));
        document.body.append(frame);
        await loaded;
        return frame.contentDocument.body.textContent;
      });
      assert.match(text, /it is not shown or run/);
    });

    test("a name is one actor's, and a link needs one", async () => {
      assert.match(await put(upper, "NAME=counter"), new RegExp(`\`NAME=counter\` is that of actor ${counter}`));
      assert.match(await put(upper, "NAME=a/b"), /letters, digits/);
      assert.match(await put(upper), /`NAME` is missing/);
      assert.equal((await get("/actors/upper/")).error, "guest-failed", "the former link stands");
    });

    test("it goes on without the server", async () => {
      await server.kill();
      const { status, text } = await get("/actors/counter/offline");
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text), { counter: 1, key: "counter:offline" });
    });
  });
}
