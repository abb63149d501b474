// The playground in each browser: drop a module, call it, link it, read what happened.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { choose, opened, press, shows } from "./page.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { until } from "./until.mjs";

describe("the page as it is served", { timeout: 60_000 }, () => {
  let server;

  before(async () => {
    server = await startServer();
  });

  after(() => server?.stop());

  /** The status and headers of a file, as somebody gets them who takes these codings and has what bears this tag. */
  const ask = async (path, codings, tag) => {
    const headers = { "accept-encoding": codings, ...(tag ? { "if-none-match": tag } : {}) };
    const response = await fetch(new URL(path, server.url), { headers });
    await response.arrayBuffer();
    return { status: response.status, ...Object.fromEntries(response.headers) };
  };

  test("it is compressed for those who take that, and not sent to those who have it", async () => {
    for (const path of ["/", "/library/index.json"]) {
      const [plain, small] = [await ask(path, "gzip"), await ask(path, "gzip, br")];
      assert.deepEqual([plain.status, plain["content-encoding"]], [200, undefined], path);
      assert.deepEqual([small.status, small["content-encoding"]], [200, "br"], path);
      assert.ok(Number(small["content-length"]) < Number(plain["content-length"]), path);
      assert.deepEqual([small["cache-control"], small.vary], ["no-cache", "accept-encoding"]);
      assert.notEqual(small.etag, plain.etag, "what differs is not called the same");
      assert.equal((await ask(path, "gzip, br", small.etag)).status, 304);
      assert.equal((await ask(path, "gzip, br", plain.etag)).status, 200);
    }
  });

  test("what bears its hash in its name is kept for ever", async () => {
    const html = await (await fetch(server.url)).text();
    const script = /src="\.?(\/assets\/[^"]+\.js)"/.exec(html)[1];
    const { status, "cache-control": caching, "content-encoding": coding } = await ask(script, "br");
    assert.deepEqual([status, caching, coding], [200, "public, max-age=31536000, immutable", "br"]);
  });
});

for (const driver of browsers) {
  describe(`the page in ${driver.name}`, { timeout: 60_000 }, () => {
    const own = opened(driver);
    let actor;

    test("both hosts are on the canvas, and in the list", async () => {
      const { tab } = own;
      const server = await tab.server();
      await shows(tab, 'header [role="status"]', "Connected");
      await shows(tab, `[data-host="${tab.id}"]`, "This tab");
      await shows(tab, `[data-host="${server}"]`, `Server ${server.slice(0, 5)}`);
      await press(tab, "Show list");
      await shows(tab, '[aria-label="List"]', "This tab");
      await shows(tab, '[aria-label="List"]', `Server ${server.slice(0, 5)}`);
    });

    test("a dropped module starts in the tab", async () => {
      const { tab } = own;
      await tab.page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], "kv_counter.wasm", { type: "application/wasm" }));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      }, moduleBytes("kv_counter").toString("base64"));
      const started = await until(async () => {
        const { actors } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), tab.id);
        return actors[0];
      }, "the actor to run in the tab");
      actor = started.id;
      await shows(tab, '[aria-label="Actors on This tab"]', actor.slice(0, 8));
    });

    test("a call without a link says what is missing", async () => {
      const { tab } = own;
      await press(tab, "Call");
      await shows(tab, '[aria-label="Calls"]', "is not linked to wasmcloud:keyvalue");
    });

    test("a link and a call from the forms", async () => {
      const { tab } = own;
      const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), await tab.server());
      const store = providers.find((provider) => provider.image_ref === "keyvalue-memory");
      await press(tab, "Link keyvalue…");
      await choose(tab, "Provider", store.id);
      await press(tab, "Link");
      await shows(tab, '[aria-label="Links"]', "keyvalue · default");
      await press(tab, "Call");
      await shows(tab, '[aria-label="Calls"]', "counter");
      await shows(tab, '[aria-label="Timeline"]', "is now 1");
    });

    test("nothing on it is against its content security policy", async () => {
      const { tab } = own;
      await press(tab, "Show canvas");
      // Its label is not written where the canvas is looked at from afar, as in a small window.
      await shows(tab, '[aria-label^="Link: default for keyvalue"]', "");
      await press(tab, "Commands…");
      await shows(tab, '[role="listbox"]', "Start http-echo");
      assert.deepEqual(tab.page.console.filter((line) => /content.security.policy/i.test(line)), []);
    });
  });
}
