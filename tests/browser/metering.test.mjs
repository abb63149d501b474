// Metering in tabs: modules of the WebAssembly specification, and of chance, do what they do on servers, for the same fuel.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { example } from "./paths.mjs";
import { enginesOf, serveSuite } from "./suite.mjs";

/** Modules that wasm-smith makes up. */
const MADE_UP = 1_000;

/** Files of the corpus that are run at once. */
const PORTION = 25;

/** Lines of JSON that a program prints. */
function cases(name, ...parameters) {
  return execFileSync(example(name), parameters, { maxBuffer: 64 << 20, encoding: "utf8" }).trim().split("\n");
}

const list = (lines) => `[${lines.join(",")}]`;

/** Asks a worker of the page, which has the cases, to run them. */
function run(what) {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/metering-worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      // Its memories are free for the next at once.
      worker.terminate();
      return data.error ? reject(new Error(data.error)) : resolve(data.outcome);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(what);
  });
}

describe("metering in tabs", { timeout: 900_000 }, () => {
  let server;
  const corpus = [];

  before(async () => {
    const lines = cases("corpus");
    for (let first = 0; first < lines.length; first += PORTION) corpus.push(list(lines.slice(first, first + PORTION)));
    server = await serveSuite({
      "/metering-worker.js": ["text/javascript", readFileSync(new URL("metering-worker.js", import.meta.url))],
      "/made-up": ["application/json", list(cases("made_up", MADE_UP))],
      ...Object.fromEntries(corpus.map((portion, index) => [`/corpus/${index}`, ["application/json", portion]])),
    });
  });

  after(() => server?.stop());

  for (const driver of browsers) {
    describe(driver.name, () => {
      let browser;

      beforeEach(async () => {
        browser = await driver.open();
      });

      afterEach(() => browser?.close());

      test(`${MADE_UP} modules made up by chance end as on a server`, async () => {
        const page = await browser.page(server.url);
        const { differences, exhausted, ran, kinds } = await page.evaluate(run, { madeUp: enginesOf(driver) });
        assert.deepEqual(differences, []);
        assert.equal(ran, MADE_UP * enginesOf(driver).length);
        assert.ok(exhausted < MADE_UP / 50, `${exhausted} ended with their stack`);
        assert.ok(kinds.includes("Reply") && kinds.includes("OutOfFuel") && kinds.includes("Trap"), kinds.join());
      });

      // WebKit runs no actors by itself, but by the interpreter.
      if (!enginesOf(driver).includes("jspi")) return;

      test("the browser's engine does with metered modules of the specification what a server's does", async () => {
        const page = await browser.page(server.url);
        const seen = { differences: [], calls: 0, modules: 0, refused: 0, unsaid: 0 };
        for (const portion of corpus.keys()) {
          const part = await page.evaluate(run, { corpus: portion });
          for (const what of Object.keys(seen)) seen[what] = seen[what].concat?.(part[what]) ?? seen[what] + part[what];
        }
        const { differences, calls, modules, refused, unsaid } = seen;
        console.log(`${driver.name}: ${modules} modules, ${calls} calls; without ${refused} modules and ${unsaid} calls`);
        assert.deepEqual(differences, []);
        assert.ok(modules > 500 && calls > 10_000, `${modules} modules, ${calls} calls`);
      });
    });
  }
});
