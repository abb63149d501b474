// The farm of fractals: every tab that takes part computes tiles beside the others, and none is lost when one closes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { holesOf, hostsAtOnce, progressOf, watchTiles } from "./farm.mjs";
import { startFiles } from "./files.mjs";
import { press, shows } from "./page.mjs";
import { joined, openTab } from "./tab.mjs";
import { until } from "./until.mjs";
import { visits } from "./visits.mjs";

/** How long a picture, or tiles by all hosts, may take on a machine that has much else to do, in milliseconds. */
const LONG = 60_000;

/** Tiles by each host that show that it is no accident. */
const SOME = 20;

/** Waits until these hosts have computed some tiles each, all at once and nobody else; `asked` is what came since the last time. */
async function allCompute(asked, hosts) {
  const [computed, seen] = [{}, []];
  const all = async () => {
    const { counts, tiles } = await asked();
    for (const [host, count] of Object.entries(counts)) computed[host] = (computed[host] ?? 0) + count;
    seen.push(...tiles);
    return hosts.every((host) => computed[host] >= SOME) && hostsAtOnce(seen) === hosts.length;
  };
  await until(all, `${hosts.length} hosts to compute at once`, LONG);
  assert.deepEqual(Object.keys(computed).sort(), hosts.toSorted(), "nobody else computes");
}

describe("the fractal farm", { timeout: 600_000 }, () => {
  const { visit } = visits();

  const rate = (play) => play.stage().getByText("tiles/s");

  async function takePart(play) {
    await play.button("Stage").click();
    await play.button("Take part in the farm with this tab").click();
  }

  test("the server and each further tab that takes part compute tiles at the same time", async () => {
    const one = await visit();
    const asked = await watchTiles(one.tab);
    await one.tryExample("Fractal farm");
    await one.goOn("Begin");
    const computing = [await one.tab.server(), one.tab.id];
    for (const _ of ["one tab", "two tabs", "three tabs"]) {
      await allCompute(asked, computing);
      await rate(one).getByText(`by ${computing.length} hosts`).waitFor();
      const next = await visit();
      await takePart(next);
      computing.push(next.tab.id);
    }
  });

  test("every tile of the farm's pictures is drawn, though a tab that computes is closed meanwhile", async () => {
    const [one, other] = [await visit(), await visit()];
    await one.tryExample("Fractal farm");
    await one.goOn("Begin");
    await rate(one).getByText("by 3 hosts").waitFor();
    await until(async () => (await progressOf(one.tab)).drawn > 0, "the first tiles");
    await until(async () => Number.parseFloat(await rate(one).textContent()) > 0, "the throughput to be shown");

    const computes = () => other.page.evaluate(async (id) => (await window.wisteria.lattice.inventory(id)).actors.length, other.tab.id);
    assert.equal(await computes(), 1, "the other tab takes part");
    const { picture: closedAt } = await progressOf(one.tab);
    await other.close();
    await rate(one).getByText("by 2 hosts").waitFor();
    await until(async () => (await progressOf(one.tab)).picture > closedAt + 1, "the picture to be finished, and the next one too", LONG);
    assert.equal(await holesOf(one.tab), 0, "no place of the picture is empty");
    await one.isAccessible("with the farm on the stage");

    await one.stage().getByRole("button", { name: "Rest" }).click();
    await one.stage().getByText("Rests").waitFor();
    const late = await visit();
    await takePart(late);
    await rate(one).getByText("by 3 hosts").waitFor();
    await one.stage().getByRole("button", { name: "Go on" }).click();
    const { picture: resumedAt } = await progressOf(one.tab);
    await until(async () => (await progressOf(one.tab)).picture > resumedAt, "the farm to go on", LONG);
  });
});

describe("the fractal farm without a server", { timeout: 300_000 }, () => {
  test("the tab that leads computes, and one that takes part beside it", async () => {
    const [site, browser] = await Promise.all([startFiles(), chromium.open()]);
    try {
      const leading = await openTab(browser, site);
      const asked = await watchTiles(leading);
      await press(leading, "Try Fractal farm");
      await press(leading, "Begin");
      await allCompute(asked, [leading.id]);
      await shows(leading, '[aria-label="Stage"]', "by 1 host");
      const other = await joined(await leading.page.beside());
      await press(other, "Stage");
      await press(other, "Take part in the farm with this tab");
      await allCompute(asked, [leading.id, other.id]);
      await shows(leading, '[aria-label="Stage"]', "by 2 hosts");
    } finally {
      await browser.close();
      site.stop();
    }
  });
});
