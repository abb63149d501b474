// What metering costs in Chromium: `metering.mjs KERNELS METERED ROUNDS` prints rows of the table that
// `cargo xtask bench metering` begins.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import * as chromium from "./chromium.mjs";

const KERNELS = ["matrix", "sha256", "json", "recursion"];

/** Measures one kernel; resolves with the ratios of all rounds, in order. */
async function measure({ original, metered, kernel, rounds }) {
  const load = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes);
    return (times) => {
      const fuel = instance.exports.__wisteria_fuel;
      if (fuel) fuel.value = 2n ** 63n - 1n;
      const began = performance.now();
      instance.exports[kernel](times);
      return performance.now() - began;
    };
  };
  const [before, after] = [await load(original), await load(metered)];
  let times = 1;
  while (before(times) < 10) times *= 2;
  // Of several short runs the best is the one that the rest of the machine disturbed least.
  const best = (run) => Math.min(...Array.from({ length: 15 }, () => run(times)));
  const round = () => {
    const base = best(before);
    return best(after) / base;
  };
  // Chromium compiles again what runs often.
  for (let warm = 0; warm < 3; warm++) {
    round();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const ratios = Array.from({ length: rounds }, round);
  return ratios.sort((left, right) => left - right);
}

const [original, metered] = process.argv.slice(2, 4).map((path) => readFileSync(path).toString("base64"));
const rounds = Number(process.argv[4]);
const server = createServer((request, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
await once(server.listen(0, "127.0.0.1"), "listening");
const browser = await chromium.open();
try {
  const page = await browser.page(`http://127.0.0.1:${server.address().port}/`);
  for (const kernel of KERNELS) {
    const ratios = await page.evaluate(measure, { original, metered, kernel, rounds });
    const [median, least, most] = [ratios[Math.floor(rounds / 2)], ratios[0], ratios.at(-1)].map((ratio) => ratio.toFixed(2));
    console.log(`| ${kernel} | Chromium | ${median} | ${least}–${most} |`);
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
