// No page and no worker may leave an error or a rejection uncaught: a test in which one does fails.

import assert from "node:assert/strict";
import { afterEach } from "node:test";

const uncaught = [];

/** A driver tells what a page or its worker did not catch. */
export function tellUncaught(text) {
  uncaught.push(text);
}

/** What a page prints, as it does; what it or its worker leaves uncaught is told as well. For pages of Playwright and Puppeteer. */
export function consoleOf(page) {
  const lines = [];
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  // Rejections are among them, in Chromium also those of the page's workers.
  page.on("pageerror", (error) => {
    lines.push(`error: ${error.message}`);
    tellUncaught(error.stack ?? error.message);
  });
  return lines;
}

/** What was told since the last test, or since this was asked; the test is not to fail for it. */
export function takeUncaught() {
  return uncaught.splice(0);
}

function check() {
  const all = takeUncaught();
  assert.deepEqual(all, [], `a page or its worker left uncaught:\n${all.join("\n")}`);
}

// Drivers also serve benchmarks, which are no tests.
if (process.env.NODE_TEST_CONTEXT) afterEach(check);
