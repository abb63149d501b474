// How long who asks waits: until an answer, a deadline, or a signal.

import { WisteriaError } from "./error.js";

/** How long to wait. */
export interface Waiting {
  /** Milliseconds until it fails as `timeout`. */
  deadline?: number;
  /** Gives it up, as `aborted`; it may be carried out all the same. */
  signal?: AbortSignal;
}

/** No deadline is further away than this, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** A deadline in whole milliseconds; `otherwise` where none is given. What is none is refused as `bad-request`. */
export function millisecondsOf(deadline: number | undefined, otherwise: number): number {
  if (deadline === undefined) return otherwise;
  if (typeof deadline !== "number" || !(deadline > 0)) {
    throw new WisteriaError("bad-request", `a deadline of ${String(deadline)} makes no sense; give milliseconds, more than 0`);
  }
  return Math.min(Math.ceil(deadline), LONGEST);
}

/** What options say of waiting, and nothing else of them. */
export function waitingOf({ deadline, signal }: Waiting): Waiting {
  return { ...(deadline === undefined ? {} : { deadline }), ...(signal ? { signal } : {}) };
}

/** What `work` brings, unless the signal is aborted first, or the time that `what` may take is over. */
export async function within<T>(what: string, { deadline, signal }: Waiting, work: () => Promise<T>): Promise<T> {
  const millis = millisecondsOf(deadline, 0);
  if (signal?.aborted) throw givenUp(what, signal);
  if (!signal && millis === 0) return work();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort = () => {};
  const end = new Promise<never>((_, reject) => {
    abort = () => reject(givenUp(what, signal));
    signal?.addEventListener("abort", abort, { once: true });
    if (millis > 0) timer = setTimeout(() => reject(tooLate(what, millis)), millis);
  });
  try {
    return await Promise.race([work(), end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function givenUp(what: string, signal: AbortSignal | undefined): WisteriaError {
  return new WisteriaError("aborted", `${what} was given up by its signal; it may have been carried out`, { cause: signal?.reason });
}

function tooLate(what: string, millis: number): WisteriaError {
  return new WisteriaError("timeout", `${what} brought no answer within ${millis} ms and may have been carried out; give it a longer deadline`);
}
