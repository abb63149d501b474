// Calls and those who make them in words.

import { lattice } from "../lattice/state.svelte";
import { nameOfActor, nameOfHost, nameOfProvider, shortKey } from "../lattice/view";
import { inSeconds, inShort } from "./rates";
import type { Recorded } from "./recorder.svelte";
import type { Busy } from "./traffic.svelte";

/** How busy an actor is, "12/s · 3 ms", or "12/s · 2/4 busy · 7 waiting". */
export function busyInWords({ rate, busy, waiting }: Busy, atOnce: number): string {
  const words = [
    ...(rate ? [waiting > 0 ? inSeconds(rate.perSecond) : inShort(rate)] : []),
    ...(busy > 0 ? [`${busy}/${Math.max(busy, atOnce)} busy`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  return words.join(" · ") || "idle";
}

/** What whoever calls or is called is named: an actor, a provider, a host, or a user. */
export function nameOfParty(key: string): string {
  switch (key[0]) {
    case "M":
      return nameOfActor(key);
    case "V":
      return nameOfProvider(key);
    case "N":
      return key === lattice.own ? "This page" : nameOfHost(key);
    default:
      return shortKey(key);
  }
}

/** Which calls are shown. Empty texts let all through. */
export interface CallFilter {
  host: string;
  actor: string;
  trace: string;
}

/** The calls that a filter lets through. */
export function callsOf(calls: readonly Recorded[], { host, actor, trace }: CallFilter): Recorded[] {
  return calls.filter(
    (call) =>
      (!host || call.host === host || call.origin === host) &&
      (!actor || call.target === actor || call.origin === actor) &&
      (!trace || call.trace === trace),
  );
}
