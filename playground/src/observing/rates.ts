// How many calls there were of late, and how long they took: counted by the second, kept for a minute.

import type { ObservedEdge } from "wisteria";

/** What a second of calls came to. */
export interface Second {
  count: number;
  failed: number;
  /** What half of the calls took at most, in milliseconds; of several windows their mean, weighted by calls. */
  p50: number;
  slowest: number;
}

/** Calls of late, in figures. */
export interface Rate {
  perSecond: number;
  failedPerSecond: number;
  /** Milliseconds. */
  p50: number;
  slowest: number;
}

/** Seconds that are kept. */
export const KEPT = 60;
/** Rates are of so many seconds. */
const LATELY = 5;

/** The last minute of something. */
export class Tally {
  /** By the second, the newest last; those without calls are missing. */
  #seconds: (Second & { at: number })[] = [];
  #total = 0;

  /** Calls counted so far. */
  get total(): number {
    return this.#total;
  }

  /** When there were calls last, in whole seconds since 1970. */
  get last(): number {
    return this.#seconds.at(-1)?.at ?? 0;
  }

  /** Counts calls; `now` is in milliseconds since 1970. */
  add({ count, failed, p50, slowest }: Pick<ObservedEdge, "count" | "failed" | "p50" | "slowest">, now: number): void {
    const at = Math.floor(now / 1000);
    this.#total += count;
    const second = this.#seconds.at(-1);
    if (second?.at === at) {
      second.p50 = (second.p50 * second.count + p50 * count) / Math.max(1, second.count + count);
      second.count += count;
      second.failed += failed;
      second.slowest = Math.max(second.slowest, slowest);
      return;
    }
    this.#seconds.push({ at, count, failed, p50, slowest });
    while ((this.#seconds[0]?.at ?? at) <= at - KEPT) this.#seconds.shift();
  }

  /** Figures of the last seconds; nothing where there were no calls. */
  rate(now: number): Rate | undefined {
    const since = now / 1000 - LATELY;
    const seconds = this.#seconds.filter(({ at }) => at >= since);
    if (seconds.length === 0) return undefined;
    const sum = (of: (second: Second) => number) => seconds.reduce((all, second) => all + of(second), 0);
    const count = sum((second) => second.count);
    return {
      perSecond: count / LATELY,
      failedPerSecond: sum((second) => second.failed) / LATELY,
      p50: sum((second) => second.p50 * second.count) / Math.max(1, count),
      slowest: Math.max(...seconds.map((second) => second.slowest)),
    };
  }

  /** The last minute second by second, the newest last; nothing for those without calls. */
  minute(now: number): (Second | undefined)[] {
    const end = Math.floor(now / 1000);
    const byTime = new Map(this.#seconds.map((second) => [second.at, second]));
    return Array.from({ length: KEPT }, (_, index) => byTime.get(end - KEPT + 1 + index));
  }
}

/** Figures of several, as one. */
export function together(rates: Rate[]): Rate | undefined {
  if (rates.length === 0) return undefined;
  const perSecond = rates.reduce((sum, rate) => sum + rate.perSecond, 0);
  return {
    perSecond,
    failedPerSecond: rates.reduce((sum, rate) => sum + rate.failedPerSecond, 0),
    p50: rates.reduce((sum, rate) => sum + rate.p50 * rate.perSecond, 0) / Math.max(Number.MIN_VALUE, perSecond),
    slowest: Math.max(...rates.map(({ slowest }) => slowest)),
  };
}

/** The value below which that part of all lies; nothing of none. */
export function percentile(values: number[], part: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** "12/s", "0.4/s". */
export function inSeconds(perSecond: number): string {
  return `${perSecond >= 10 ? Math.round(perSecond).toLocaleString() : Number(perSecond.toFixed(1))}/s`;
}

/** "3.2 ms", "120 ms", "1.5 s". */
export function inTime(milliseconds: number): string {
  if (milliseconds >= 1000) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  return `${milliseconds >= 10 ? Math.round(milliseconds) : Number(milliseconds.toFixed(1))} ms`;
}

/** A rate for a label: "12/s · 3.2 ms". */
export function inShort({ perSecond, p50 }: Rate): string {
  return `${inSeconds(perSecond)} · ${inTime(p50)}`;
}
