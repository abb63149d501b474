// Calls and those who make them in words.

import { lattice } from "../lattice/state.svelte";
import { nameOfActor, nameOfHost, nameOfProvider, shortKey } from "../lattice/view";
import { inShort } from "./rates";
import type { Busy } from "./traffic.svelte";

/** How busy an actor is, "12/s · 3 ms · 2 of 4 busy · 7 waiting". */
export function busyInWords({ rate, busy, waiting }: Busy, atOnce: number): string {
  const words = [
    ...(rate ? [inShort(rate)] : []),
    ...(busy > 0 ? [`${busy} of ${Math.max(busy, atOnce)} busy`] : []),
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
