// The provider `keyvalue-memory`, which the tab host starts by its name: key-value that is gone when its host stops.

import type { Answering } from "../provide.js";
import { LazyAnswers } from "./lazy.js";

/** An empty store. What it does is loaded when the first link comes. */
export function newMemoryStore(): Answering {
  return new LazyAnswers({ name: "keyvalue-memory" }, async () => (await import("./keyvalue-tab.js")).keyValueInMemory(), callsNobody);
}

/** Key-value only answers. */
function callsNobody(): Promise<never> {
  return Promise.reject(new Error("key-value calls no actors"));
}
