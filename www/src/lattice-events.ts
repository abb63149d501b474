// What happens on the lattice, as its hosts tell it: CloudEvents in JSON.

import type { TabHost } from "./host/host.js";
import type { LatticeEvent } from "./types.js";

/** The lattice's events have a subscription of this number; those of pages count from 1. */
const EVENTS = 0;

/** Tells each event of the lattice from now on. */
export function tellEvents(host: TabHost, lattice: string, tell: (event: LatticeEvent) => void): Promise<void> {
  return host.subscribe(EVENTS, `wasmbus.evt.${lattice}`, undefined, ([, , payload]) => {
    const event = eventOf(payload);
    if (event) tell(event);
  });
}

/** Reads an event; nothing for what is none. */
function eventOf(payload: Uint8Array): LatticeEvent | undefined {
  try {
    const event = JSON.parse(new TextDecoder().decode(payload)) as Partial<LatticeEvent> | null;
    if (typeof event?.id !== "string" || typeof event.source !== "string" || typeof event.type !== "string") return undefined;
    return { time: "", data: {}, ...event } as LatticeEvent;
  } catch {
    // Whoever may publish there may publish anything.
    return undefined;
  }
}
