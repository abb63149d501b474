// The playground in each browser: drop a module, call it, link it, read what happened.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { holesOf, progressOf, watchTiles } from "./farm.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

/** How long a compiler may take to load, and pictures of the farm, on a machine that has much else to do, in milliseconds. */
const LONG = 120_000;

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
  describe(`the page in ${driver.name}`, { timeout: 300_000 }, () => {
    let server, browser, tab, actor;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), driver.open()]);
      tab = await openTab(browser, server);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** Waits until an element that `selector` names holds `words`. */
    const shows = (selector, words, limit = 10_000) =>
      until(
        () =>
          tab.page.evaluate(
            ({ selector, words }) =>
              [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(words)),
            { selector, words },
          ),
        `${selector} to show "${words}"`,
        limit,
      );

    /** Presses the button that is called `name`, once it is there. */
    const press = (name, on = tab) =>
      until(
        () =>
          on.page.evaluate((name) => {
            const buttons = [...document.querySelectorAll("button:not(:disabled)")];
            const button = buttons.find((one) => (one.getAttribute("aria-label") ?? one.innerText.split("\n")[0].trim()) === name);
            button?.click();
            return button !== undefined;
          }, name),
        `the button "${name}"`,
      );

    /** Chooses in the field that is called `label`, once it offers that. */
    const choose = (label, value) =>
      until(
        () =>
          tab.page.evaluate(
            async ({ label, value }) => {
              const labels = [...document.querySelectorAll("label")];
              const field = labels.find((one) => one.textContent.trim().startsWith(label))?.control;
              if (!field) return false;
              field.value = value;
              if (field.value !== value) return false;
              for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
              // The page draws what follows from a choice before the next is made.
              await new Promise((drawn) => requestAnimationFrame(() => drawn()));
              return true;
            },
            { label, value },
          ),
        `${label} to offer ${value}`,
      );

    test("both hosts are on the canvas, and in the list", async () => {
      const server = await tab.server();
      await shows('header [role="status"]', "Connected");
      await shows(`[data-host="${tab.id}"]`, "This tab");
      await shows(`[data-host="${server}"]`, `Server ${server.slice(0, 5)}`);
      await press("Show list");
      await shows('[aria-label="List"]', "This tab");
      await shows('[aria-label="List"]', `Server ${server.slice(0, 5)}`);
    });

    test("a dropped module starts in the tab", async () => {
      await tab.page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], "kv_counter.wasm", { type: "application/wasm" }));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
      }, moduleBytes("kv_counter").toString("base64"));
      const own = await until(async () => {
        const { actors } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), tab.id);
        return actors[0];
      }, "the actor to run in the tab");
      actor = own.id;
      await shows('[aria-label="Actors on This tab"]', actor.slice(0, 8));
    });

    test("a call without a link says what is missing", async () => {
      await press("Call");
      await shows('[aria-label="Calls"]', "is not linked to wasmcloud:keyvalue");
    });

    test("a link and a call from the forms", async () => {
      const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), await tab.server());
      const store = providers.find((provider) => provider.image_ref === "keyvalue-memory");
      await press("Link keyvalue…");
      await choose("Provider", store.id);
      await press("Link");
      await shows('[aria-label="Links"]', "keyvalue · default");
      await press("Call");
      await shows('[aria-label="Calls"]', "counter");
      await shows('[aria-label="Timeline"]', "is now 1");
    });

    test("an actor that is written there is deployed and answers", async () => {
      await press("New actor…");
      await press("Create");
      await press("Deploy");
      // The compiler is loaded and warmed first.
      await shows('[aria-label="Code of echo"]', "was deployed in", LONG);
      const claims = await tab.page.evaluate(() => window.wisteria.lattice.claims());
      const { sub: written } = claims.find(({ name }) => name === "echo");
      assert.deepEqual(await tab.call(written, "Greet", { name: "you" }), { reply: "Hello, you" });
      await press("Close code");
    });

    test("the farm is drawn, of tiles that each tab computes which takes part", async () => {
      const asked = await watchTiles(tab);
      await press("Examples…");
      await press("Try Fractal farm");
      await press("Begin");
      await shows('[aria-label="Stage"]', "by 1 host");
      const other = await openTab(browser, server);
      await press("Stage", other);
      await press("Take part in the farm with this tab", other);
      await shows('[aria-label="Stage"]', "by 2 hosts");
      const computed = {};
      const both = async () => {
        for (const [host, count] of Object.entries((await asked()).counts)) computed[host] = (computed[host] ?? 0) + count;
        return [tab.id, other.id].every((host) => computed[host] > 0);
      };
      await until(both, "both tabs to compute", LONG);
      await until(async () => (await progressOf(tab)).picture > 0, "the first picture to be drawn", LONG);
      assert.equal(await holesOf(tab), 0, "no place of the picture is empty");
      const { picture } = await progressOf(tab);
      await other.page.close();
      await until(async () => (await progressOf(tab)).picture > picture + 1, "the farm to go on without that tab", LONG);
      await press("Rest");
      await shows('[aria-label="Stage"]', "Rests");
      await press("Close stage");
    });

    test("nothing on it is against its content security policy", async () => {
      await press("Show canvas");
      // Its label is not written where the canvas is looked at from afar, as in a small window.
      await shows('[aria-label^="Link: default for keyvalue"]', "");
      await press("Commands…");
      await shows('[role="listbox"]', "Start http-echo");
      assert.deepEqual(tab.page.console.filter((line) => /content.security.policy/i.test(line)), []);
    });
  });
}
