// Waiting for something that announces itself in no other way: asking again until it is so.

import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two questions. */
const INTERVAL = 20;

/**
 * Resolves with the first truthy value of `condition`. After `limit` milliseconds it rejects, with the last error of
 * `condition` as the cause; `what` completes "gave up waiting for …".
 */
export async function until(condition, what, limit = 10_000) {
  const end = performance.now() + limit;
  let cause;
  do {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    await pause(INTERVAL);
  } while (performance.now() < end);
  throw new Error(`gave up waiting for ${what} after ${limit} ms${cause ? `: ${cause.message}` : ""}`, { cause });
}

/** Rejects if `work` takes longer than `limit` milliseconds; `what` completes "gave up waiting for …". */
export async function within(work, what, limit) {
  const over = new AbortController();
  const late = pause(limit, undefined, { signal: over.signal }).then(() => {
    throw new Error(`gave up waiting for ${what} after ${limit} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
