// `<wisteria-playground>` in a page of its own, from the package as it is packed.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import * as chromium from "../browser/chromium.mjs";
import { modulePath } from "../browser/paths.mjs";
import { until } from "../browser/until.mjs";
import { startForProjects } from "./lattice.mjs";
import { packaged, project } from "./packed.mjs";
import { serve } from "./serve.mjs";

describe("the playground's canvas in another page", { timeout: 120_000 }, () => {
  let lattice, browser, site;

  before(async () => {
    const folder = project("element");
    copyFileSync(modulePath("kv_counter"), `${folder}/counter.wasm`);
    [lattice, browser, site] = await Promise.all([startForProjects(), chromium.open(), serve({ "/wisteria/": packaged("/"), "/": `${folder}/` })]);
  });

  after(async () => {
    site?.stop();
    await browser?.close();
    await lattice?.stop();
  });

  const show = (page, attributes) => page.evaluate((attributes) => window.show(attributes), attributes);
  /** What the canvas says, wherever in it. */
  const text = (page) => page.evaluate(() => document.querySelector("wisteria-playground").shadowRoot.textContent);

  async function open() {
    const page = await browser.page(site.url);
    await until(() => page.evaluate(() => typeof window.show === "function"), "the page's script");
    return page;
  }

  test("it joins, runs its manifest and shows it, in its own styles", async () => {
    const page = await open();
    const { bridge } = lattice.task();
    const shown = await show(page, { bridge, manifest: "counter.yaml" });
    assert.match(shown.id ?? shown.message, /^N/);
    await until(async () => /This tab.*1 actor.*1 at once.*keyvalue-memory/s.test(await text(page)), "the actor and its provider on the canvas");
    const colours = await page.evaluate(() => {
      const { shadowRoot } = document.querySelector("wisteria-playground");
      return [...shadowRoot.querySelectorAll("div, button")].map((one) => getComputedStyle(one).color);
    });
    assert.ok(colours.length > 5 && !colours.includes("rgb(255, 0, 0)"), colours.join());
    const hosts = await lattice.hosts();
    assert.ok(hosts.includes(shown.id));
    await page.evaluate(() => document.querySelector("wisteria-playground").remove());
    await until(async () => !(await lattice.hosts()).includes(shown.id), "its host to leave with it");
    assert.deepEqual(page.console.filter((line) => /^(error|warning)/.test(line)), []);
    await page.close();
  });

  test("what goes wrong is shown, and told by an event", async () => {
    const page = await open();
    const { bridge } = lattice.task();
    const shown = await show(page, { bridge, manifest: "none.yaml" });
    assert.equal(shown.code, "manifest-not-found");
    assert.match(await text(page), /The manifest could not be applied/);
    const second = await show(page, { bridge });
    assert.match(second.message, /a page shows one <wisteria-playground>/);
    await page.close();
  });
});
