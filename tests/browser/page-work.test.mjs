// What is written and computed in the playground, in each browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { holesOf, progressOf, watchTiles } from "./farm.mjs";
import { opened, press, shows } from "./page.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

/** How long a compiler may take to load, and pictures of the farm, on a machine that has much else to do, in milliseconds. */
const LONG = 120_000;

for (const driver of browsers) {
  describe(`work in the page in ${driver.name}`, { timeout: 300_000 }, () => {
    const own = opened(driver);

    test("an actor that is written there is deployed and answers", async () => {
      const { tab } = own;
      await press(tab, "New actor…");
      await press(tab, "Create");
      await press(tab, "Deploy");
      // The compiler is loaded and warmed first.
      await shows(tab, '[aria-label="Code of echo"]', "was deployed in", LONG);
      const claims = await tab.page.evaluate(() => window.wisteria.lattice.claims());
      const { sub: written } = claims.find(({ name }) => name === "echo");
      assert.deepEqual(await tab.call(written, "Greet", { name: "you" }), { reply: "Hello, you" });
      await press(tab, "Close code");
    });

    test("the farm is drawn, of tiles that each tab computes which takes part", async () => {
      const { tab } = own;
      const asked = await watchTiles(tab);
      await press(tab, "Examples…");
      await press(tab, "Try Fractal farm");
      await press(tab, "Begin");
      await shows(tab, '[aria-label="Stage"]', "by 2 hosts");
      const other = await openTab(own.browser, own.server);
      await press(other, "Stage");
      await press(other, "Take part in the farm with this tab");
      await shows(tab, '[aria-label="Stage"]', "by 3 hosts");
      const computed = {};
      const all = async () => {
        for (const [host, count] of Object.entries((await asked()).counts)) computed[host] = (computed[host] ?? 0) + count;
        return [await tab.server(), tab.id, other.id].every((host) => computed[host] > 0);
      };
      await until(all, "the server and both tabs to compute", LONG);
      await until(async () => (await progressOf(tab)).picture > 0, "the first picture to be drawn", LONG);
      assert.equal(await holesOf(tab), 0, "no place of the picture is empty");
      const { picture } = await progressOf(tab);
      await other.page.close();
      await until(async () => (await progressOf(tab)).picture > picture + 1, "the farm to go on without that tab", LONG);
      await press(tab, "Rest");
      await shows(tab, '[aria-label="Stage"]', "Rests");
      await press(tab, "Close stage");
    });
  });
}
