// What a first visit costs: bytes to load, time until an actor in the tab has answered.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { browsers } from "./browsers.mjs";
import { hostWasm } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

/** Bytes of the first build, compressed, that a tab with JSPI may have to load. */
const LIMIT = 250_000;

test("the tab host is small enough to load", () => {
  const sizes = hostWasm.map((path) => {
    const bytes = readFileSync(path);
    const compressed = brotliCompressSync(bytes).length;
    console.log(`${basename(dirname(path))}: ${bytes.length} bytes, ${compressed} compressed by brotli`);
    return compressed;
  });
  assert.ok(sizes[0] <= LIMIT, `${sizes[0]} bytes are above the limit of ${LIMIT}`);
});

for (const driver of browsers) {
  test(`a first visit in ${driver.name} ends with an answer`, { timeout: 120_000 }, async (context) => {
    const [server, browser] = await Promise.all([startServer(), driver.open()]);
    context.after(async () => {
      await browser.close();
      await server.stop();
    });
    const tab = await openTab(browser, server);
    const actor = await tab.start("wapc_upper");
    assert.deepEqual(await tab.call(actor, "upper", "first", { raw: true }), { reply: "FIRST" });
    const elapsed = await tab.page.evaluate(() => performance.now());
    console.log(`${driver.name}: ${elapsed.toFixed()} ms from the navigation to the first answer in the tab`);
  });
}
