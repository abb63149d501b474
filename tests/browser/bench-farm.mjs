// How many tiles of the fractal farm are computed in a second, by the server that leads it alone, and with one to three tabs. Run by hand:
// node bench-farm.mjs [--pictures 24]. Prints a table. No more hosts than the machine has cores make it faster.

import { availableParallelism, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { hostsAtOnce, progressOf, watchTiles } from "./farm.mjs";
import { startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";

/** Tiles of a picture. */
const TILES = 70;
/** Pictures that are drawn before it is measured: engines compile meanwhile. */
const WARM = 3;
/** How often the farm is asked how far it is, in milliseconds. */
const ASKED = 100;

const { values } = parseArgs({ options: { pictures: { type: "string", default: "24" } } });
const pictures = Number(values.pictures);

const browser = await startBrowser();
try {
  console.log(`pictures ${WARM + 1} to ${WARM + pictures}, of ${TILES} tiles; load of the machine: ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores`);
  line(["who computes", "tiles/s", "hosts at once", "tiles by each host"]);
  await row("the server alone", 0);
  for (const tabs of [1, 2, 3]) await row(tabs === 1 ? "server and 1 tab" : `server and ${tabs} tabs`, tabs);
} finally {
  await browser.close();
}

/** Measures the server with so many tabs, on a lattice of their own. */
async function row(name, tabs) {
  const server = await startServer();
  const open = [];
  try {
    const one = await browser.open(server);
    open.push(one);
    const asked = await watchTiles(one.tab);
    await one.tryExample("Fractal farm");
    if (tabs === 0) await leaveToServer(one);
    while (open.length < tabs) {
      const next = await browser.open(server);
      open.push(next);
      await next.button("Stage").click();
      await next.button("Take part in the farm with this tab").click();
      await next.button("Take part in the farm with this tab").waitFor({ state: "detached" });
    }
    await one.goOn("Begin");
    const drawn = async (count) => {
      while ((await progressOf(one.tab)).picture < count) await pause(ASKED);
      return performance.now();
    };
    const began = await drawn(WARM);
    await asked();
    const ended = await drawn(WARM + pictures);
    const { counts, tiles } = await asked();
    const perSecond = (1000 * pictures * TILES) / (ended - began);
    line([name, perSecond.toFixed(1), String(hostsAtOnce(tiles)), Object.values(counts).join(", ")]);
  } finally {
    for (const play of open) await play.close();
    await server.stop();
  }
}

/** Has the tab compute no more. */
async function leaveToServer(play) {
  const key = await play.tab.sampleKey("fractal_tile");
  await play.page.evaluate((actor) => window.wisteria.actors.stop(actor), key);
}

function line([name, ...cells]) {
  console.log(`| ${[name.padEnd(18), ...cells.map((cell) => cell.padStart(18))].join(" | ")} |`);
}
