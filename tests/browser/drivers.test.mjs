// Every driver does the same.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { takeUncaught } from "./uncaught.mjs";

for (const driver of browsers) {
  describe(driver.name, { timeout: 120_000 }, () => {
    let server, browser, url;

    before(async () => {
      server = createServer((_, response) => {
        response.setHeader("content-type", "text/html").end("<script>console.info('hello from', location.pathname)</script>");
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      url = `http://127.0.0.1:${server.address().port}/page`;
      browser = await driver.open();
    });

    after(async () => {
      await browser?.close();
      server.closeAllConnections();
      server.close();
    });

    test("values go in and out, promises are awaited", async () => {
      const page = await browser.page(url);
      const answer = await page.evaluate(async ({ words }) => ({ path: location.pathname, words: await words.join(" ") }), {
        words: ["a", "ü"],
      });
      assert.deepEqual(answer, { path: "/page", words: "a ü" });
      await page.close();
    });

    test("what a function throws is thrown here, with its code", async () => {
      const page = await browser.page(url);
      const throwing = page.evaluate(() => {
        throw Object.assign(new RangeError("too far"), { code: "far" });
      });
      await assert.rejects(throwing, { name: "RangeError", message: "too far", code: "far" });
      await page.close();
    });

    test("what a page prints is kept", async () => {
      const page = await browser.page(url);
      await page.evaluate(() => console.warn("careful", 1));
      await page.evaluate(() => {});
      assert.ok(page.console.some((line) => line.includes("careful 1")), page.console.join("\n"));
      await page.close();
    });

    test("what a page does not catch, or its worker in Chromium, is told", async () => {
      const page = await browser.page(url);
      await page.evaluate(async () => {
        void Promise.reject(new Error("the page gives up"));
        const script = "Promise.reject(new Error('the worker gives up')); setTimeout(() => postMessage(1), 10)";
        const worker = new Worker(URL.createObjectURL(new Blob([script])));
        await new Promise((resolve) => (worker.onmessage = resolve));
      });
      await page.evaluate(() => {});
      const told = takeUncaught().join("\n");
      assert.match(told, /the page gives up/);
      if (driver.name === "chromium") assert.match(told, /the worker gives up/);
      await page.close();
    });

    test("a screenshot is a picture", async () => {
      const folder = mkdtempSync(join(tmpdir(), "wisteria-"));
      const page = await browser.page(url);
      await page.screenshot(join(folder, "page.png"));
      assert.equal(readFileSync(join(folder, "page.png")).subarray(1, 4).toString(), "PNG");
      await page.close();
      rmSync(folder, { recursive: true });
    });

    test("one page crashes alone", async () => {
      const [first, second] = [await browser.page(url), await browser.page(url)];
      await first.crash();
      assert.equal(await second.evaluate(() => 1 + 1), 2);
      await second.close();
    });
  });
}
