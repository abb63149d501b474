// What the page and the worker of unit tests say to each other, beside outcomes.

import type { UnitTest } from "./sources";

/** What the page asks for. */
export interface Bench {
  module: Uint8Array;
  tests: UnitTest[];
}

/** What the worker says once it is loaded and has compiled the module: that takes what it takes, and is no test's fault. */
export const BEGUN = "begun";
