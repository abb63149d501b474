// The suite that every engine must pass, in a worker of each browser.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { basename } from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { suiteFolder } from "./paths.mjs";

const WORKER = `
import init, { run_engine_suite } from "/suite.js";
onmessage = async ({ data }) => {
  try {
    await init();
    postMessage({ outcomes: JSON.parse(await run_engine_suite(data)) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};`;

/** Serves an empty page, the worker and the suite. */
function serve(request, response) {
  const path = request.url;
  const type = { "/": "text/html", "/worker.js": "text/javascript" }[path];
  if (type) return response.setHeader("content-type", type).end(path === "/" ? "<!doctype html>" : WORKER);
  response.setHeader("content-type", path.endsWith(".wasm") ? "application/wasm" : "text/javascript");
  const file = createReadStream(suiteFolder + (path.includes("/snippets/") ? path : `/${basename(path)}`));
  file.on("error", () => response.writeHead(404).end()).pipe(response);
}

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
  let server, url;

  before(async () => {
    server = createServer(serve).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${server.address().port}/`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  for (const driver of browsers) {
    const engines = driver.name === "webkit" ? ["wasmi"] : ["jspi", "wasmi"];
    for (const engine of engines) {
      test(`${engine} in ${driver.name}`, async (context) => {
        const browser = await driver.open();
        try {
          const page = await browser.page(url);
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
