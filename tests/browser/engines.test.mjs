// The suite that every engine must pass, in a worker of each browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { enginesOf, serveSuite } from "./suite.mjs";

const WORKER = `
import init, { run_engine_suite } from "/suite.js";
onmessage = async ({ data }) => {
  try {
    await init({ module_or_path: "/suite_bg.wasm" });
    postMessage({ outcomes: JSON.parse(await run_engine_suite(data)) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};`;

/** Runs the suite in a worker of the page. */
function runSuite(engine) {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.outcomes));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(engine);
  });
}

describe("engines in tabs", { timeout: 300_000 }, () => {
  let server;

  before(async () => {
    server = await serveSuite({ "/worker.js": ["text/javascript", WORKER] });
  });

  after(() => server?.stop());

  for (const driver of browsers) {
    for (const engine of enginesOf(driver)) {
      test(`${engine} in ${driver.name}`, async (context) => {
        const browser = await driver.open();
        try {
          const page = await browser.page(server.url);
          const outcomes = await page.evaluate(runSuite, engine);
          assert.ok(outcomes.length > 20, `${outcomes.length} cases ran`);
          for (const { name, error } of outcomes) {
            await context.test(name, () => assert.equal(error, null));
          }
        } finally {
          await browser.close();
        }
      });
    }
  }
});
