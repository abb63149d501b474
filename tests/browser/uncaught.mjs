// No page and no worker may leave an error or a rejection uncaught: a test in which one does fails.

import assert from "node:assert/strict";
import { afterEach } from "node:test";

const uncaught = [];

/** A driver tells what a page or its worker did not catch. */
export function tellUncaught(text) {
  uncaught.push(text);
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
