// The page as a person uses it: drop a module, link it, call it, read what happened.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

for (const driver of browsers) {
  describe(`the page in ${driver.name}`, { timeout: 120_000 }, () => {
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
    const shows = (selector, words) =>
      until(
        () =>
          tab.page.evaluate(
            ({ selector, words }) =>
              [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(words)),
            { selector, words },
          ),
        `${selector} to show "${words}"`,
      );

    /** Fills the fields of a form, by their test names, once they offer what is chosen, and presses the button. */
    const submit = async (fields, button) => {
      for (const [name, value] of Object.entries(fields)) {
        await until(
          () =>
            tab.page.evaluate(
              async ({ name, value }) => {
                const field = document.querySelector(`[data-testid="${name}"]`);
                field.value = value;
                if (field.value !== value) return false;
                for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
                // The page draws what follows from a choice before the next is made.
                await new Promise((drawn) => requestAnimationFrame(() => drawn()));
                return true;
              },
              { name, value },
            ),
          `${name} to offer ${value}`,
        );
      }
      await tab.page.evaluate((button) => document.querySelector(`[data-testid="${button}"]`).click(), button);
    };

    const card = (host) => `[data-testid="host-card"][data-key="${host}"]`;

    test("both hosts are on it", async () => {
      await shows('[data-testid="status"]', "Connected");
      await shows(card(tab.id), "kind=browser");
      await shows(card(await tab.server()), "kind=server");
      await shows(card(await tab.server()), "httpserver");
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
      await until(
        () => tab.page.evaluate((selector) => Boolean(document.querySelector(selector)), `${card(tab.id)} [data-key="${actor}"]`),
        "the actor to be listed",
      );
    });

    test("a call without a link says what is missing", async () => {
      await submit({ "call-actor": actor }, "call");
      await shows('[data-testid="error"]', "is not linked to wasmcloud:keyvalue");
    });

    test("a link and a call from the forms", async () => {
      const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), await tab.server());
      const store = providers.find((provider) => provider.image_ref === "keyvalue-memory");
      await submit({ "link-actor": actor, "link-provider": store.id }, "link");
      await shows('[data-testid="link-row"]', "wasmcloud:keyvalue");
      await submit({ "call-actor": actor }, "call");
      await shows('[data-testid="call-result"]', "counter");
      await shows('[data-testid="log"]', "is now 1");
    });

    test("nothing on it is against its content security policy", () => {
      assert.deepEqual(tab.page.console.filter((line) => /content.security.policy/i.test(line)), []);
    });
  });
}
