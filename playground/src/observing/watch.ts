// Follows what hosts tell of calls: counts, records, draws, and writes what the page shows at most four times a second.

import { WisteriaError, type Host, type Observation } from "wisteria";
import { addAllNews, lattice } from "../lattice/state.svelte";
import { count, forgetCounts, isLively, publish } from "./counting";
import { pulse } from "./pulses";
import { forgetCalls, record, show } from "./recorder.svelte";
import { traffic } from "./traffic.svelte";

/** Milliseconds between two times that figures are written. */
const WRITE_EVERY = 250;

let ending = new AbortController();
let writing: ReturnType<typeof setTimeout> | undefined;
let logs: Observation["logs"] = [];

/** Watches the lattice of a host until {@link unwatch}. */
export function watch(host: Host): void {
  unwatch();
  ending = new AbortController();
  traffic.watching = { state: "asking" };
  void follow(host, ending.signal);
}

/** Watches no more, and forgets what was seen. */
export function unwatch(): void {
  ending.abort();
  clearTimeout(writing);
  writing = undefined;
  logs = [];
  forgetCounts();
  forgetCalls();
}

async function follow(host: Host, signal: AbortSignal): Promise<void> {
  try {
    for await (const observation of host.lattice.observe({ signal })) take(observation);
    if (!signal.aborted) traffic.watching = { state: "ended" };
  } catch (thrown) {
    if (!signal.aborted) traffic.watching = { state: "refused", why: WisteriaError.from(thrown).message };
  }
}

function take(observation: Observation): void {
  if (traffic.watching.state !== "watching") traffic.watching = { state: "watching" };
  count(observation);
  record(observation.calls, observation.dropped);
  // What this tab's actors write is told by its own host at once.
  if (observation.host !== lattice.own) logs.push(...observation.logs);
  if (!traffic.isPaused) pulse(observation);
  writeSoon();
}

function writeSoon(): void {
  writing ??= setTimeout(write, WRITE_EVERY);
}

function write(): void {
  writing = undefined;
  const lines = logs.splice(0);
  if (lines.length > 0) addAllNews(lines.map(({ host, actor, level, text, at }) => ({ time: at, kind: "log", level, host, actor, text })));
  if (traffic.isPaused) return;
  publish();
  show();
  // Rates fall while nothing comes.
  if (isLively()) writeSoon();
}

/** Writes at once, as when the display goes on. */
export function writeNow(): void {
  publish();
  if (isLively()) writeSoon();
}
