// What can be broken on purpose: how it is called, what will happen, and how it is done.

import { WisteriaError } from "wisteria";
import { run } from "../commands/log.svelte";
import { stop } from "../commands/actions";
import { joinedHost } from "../lattice/client";
import { operationsOf } from "../lattice/contracts";
import { fromJson } from "../lattice/json";
import { addNews, lattice } from "../lattice/state.svelte";
import { contractsOf, linkId, nameOfActor, nameOfHost, nameOfProvider } from "../lattice/view";
import { moduleOf } from "../library/modules.svelte";
import { recorder } from "../observing/recorder.svelte";
import { noteDelay } from "../observing/slowed.svelte";
import { inTime } from "../observing/rates";
import { note } from "./breaking.svelte";

/** Something to break. */
export type Fault =
  | { kind: "cut-off"; host: string }
  | { kind: "slow-link"; link: string }
  | { kind: "stop-provider"; provider: string; host: string }
  | { kind: "stop-actor"; actor: string; host: string }
  | { kind: "fill-mailbox"; actor: string };

/** How a fault is put to people. */
export interface FaultInWords {
  /** What a button says that leads there, "Cut off…". */
  short: string;
  title: string;
  /** What will happen. */
  about: string;
  /** What the button says that does it. */
  does: string;
  isDestructive: boolean;
  /** What has to be said beside. */
  asks?: { label: string; value: number; least: number; most: number; step: number };
}

/** A fault in words. */
export function inWords(fault: Fault): FaultInWords {
  switch (fault.kind) {
    case "cut-off":
      return {
        short: "Cut off…",
        title: `Cut off ${nameOfHost(fault.host)}?`,
        about: `${nameOfHost(fault.host)} loses its connection to the lattice for this time, and comes back by itself. Meanwhile it is shown as suspended, calls that it holds fail as host-lost, and other hosts that run the same actors answer for it`,
        does: "Cut off",
        isDestructive: true,
        asks: { label: "Seconds", value: 5, least: 1, most: 300, step: 1 },
      };
    case "slow-link":
      return {
        short: "Slow down…",
        title: "Slow this link down?",
        about: "Each call by this link takes so much longer, on all hosts that run its actor, until it is set back; callers whose deadline is shorter get a timeout. 0 sets it back",
        does: "Slow down",
        isDestructive: false,
        asks: { label: "Milliseconds more for each call", value: 500, least: 0, most: 60_000, step: 100 },
      };
    case "stop-provider":
      return {
        short: "Kill…",
        title: `Kill ${nameOfProvider(fault.provider)} on ${nameOfHost(fault.host)}?`,
        about: "The provider ends at once, and what it keeps in memory alone is gone. Its links are pending until it runs again, and calls by them fail; where another host runs it under the same key, that one takes over. It can be started again from here, or by Undo",
        does: "Kill",
        isDestructive: true,
      };
    case "stop-actor":
      return {
        short: "Kill…",
        title: `Kill ${nameOfActor(fault.actor)} on ${nameOfHost(fault.host)}?`,
        about: `The actor ends on this host. Other hosts that run it take its calls over; where there is none, calls fail as actor-not-found${moduleOf(fault.actor) ? ". Undo starts it again" : ", and as its module is not on this page, it cannot be started again from here"}`,
        does: "Kill",
        isDestructive: true,
      };
    case "fill-mailbox":
      return {
        short: "Fill its mailbox…",
        title: `Fill the mailbox of ${nameOfActor(fault.actor)}?`,
        about: `This page calls the actor faster than it can answer, at most ${CALLS.toLocaleString()} times, until it is overloaded. The calls are made for real; others that call it meanwhile are refused as overloaded, too`,
        does: "Fill",
        isDestructive: true,
      };
  }
}

/** Breaks it; `value` is what was asked beside. Rejects with cause and remedy. */
export async function bringAbout(fault: Fault, value: number): Promise<void> {
  switch (fault.kind) {
    case "cut-off":
      await joinedHost().faults.cutOff(fault.host, value * 1000);
      return tell(fault.host, `cut off for ${inTime(value * 1000)}`);
    case "slow-link":
      return slow(fault.link, value);
    case "stop-provider": {
      const { provider, host } = fault;
      const found = lattice.hosts.find(({ id }) => id === host)?.providers.find(({ id }) => id === provider);
      const { name = "", link_name: linkName = "default" } = found ?? {};
      await run({ kind: "stop-provider", provider, name, host, linkName });
      return;
    }
    case "stop-actor":
      return stop(fault.actor, fault.host);
    case "fill-mailbox":
      return fill(fault.actor);
  }
}

/** Slows a link on all hosts that run its actor; 0 sets it back. */
export async function slow(id: string, milliseconds: number): Promise<void> {
  const link = lattice.links.find((one) => linkId(one) === id);
  if (!link) throw new WisteriaError("not-linked", "this link is no more; put it again to slow it");
  const hosts = lattice.hosts.filter(({ actors, presence }) => presence === "live" && actors.some((one) => one.id === link.actor_id));
  if (hosts.length === 0) {
    throw new WisteriaError("actor-not-found", `${nameOfActor(link.actor_id)} runs on no host; start it to slow its calls`);
  }
  for (const { id: host } of hosts) {
    await joinedHost().faults.slowLink(link, milliseconds, { host });
    tell(host, milliseconds > 0 ? `link slowed by ${inTime(milliseconds)}` : "link as fast as before", link.actor_id);
  }
  noteDelay(id, milliseconds);
}

/** Calls that are made at most to fill a mailbox. */
const CALLS = 4096;
/** Calls that are sent before the page looks at answers. */
const BURST = 512;
/** How long it is tried, in milliseconds. */
const PATIENCE = 10_000;

async function fill(actor: string): Promise<void> {
  const { operation, payload, raw } = question(actor);
  const ending = new AbortController();
  const open: Promise<void>[] = [];
  let refusal: WisteriaError | undefined;
  const since = performance.now();
  note(actor, "Filling its mailbox");
  while (open.length < CALLS && !refusal && performance.now() - since < PATIENCE) {
    for (let sent = 0; sent < BURST; sent++) {
      const call = raw
        ? joinedHost().call(actor, operation, payload as Uint8Array, { raw, deadline: PATIENCE, signal: ending.signal })
        : joinedHost().call(actor, operation, payload, { deadline: PATIENCE, signal: ending.signal });
      open.push(
        call.then(
          () => {},
          (thrown: unknown) => {
            const error = WisteriaError.from(thrown);
            if (error.code === "overloaded") refusal ??= error;
          },
        ),
      );
    }
    await Promise.race([...open.slice(-BURST), new Promise((over) => setTimeout(over, 0))]);
  }
  const made = open.length;
  // Nobody waits for the answers any more; what waits in the mailbox is worked off.
  if (refusal) ending.abort();
  await Promise.all(open);
  const outcome = refusal
    ? `Overloaded among ${made.toLocaleString()} calls: ${refusal.message}`
    : `It took ${made.toLocaleString()} calls without being overloaded: it answers faster than this page asks. Slow a link that it uses down, and try again`;
  note(actor, outcome);
  addNews({ time: Date.now(), kind: "call", level: refusal ? "error" : "info", host: lattice.own, actor, text: outcome });
}

/** What an actor is asked: what it was asked last, or else the first operation that is known of it. */
function question(actor: string): { operation: string; payload: unknown; raw: boolean } {
  const last = recorder.shown.findLast(({ target, input }) => target === actor && input);
  if (last) return { operation: last.operation, payload: last.input, raw: true };
  const [first] = operationsOf(contractsOf(actor), moduleOf(actor)?.operations);
  const { name = "Actor.HealthRequest", example = "", raw = false } = first ?? {};
  return { operation: name, payload: raw ? new TextEncoder().encode(example) : fromJson(example), raw };
}

function tell(host: string, text: string, actor?: string): void {
  addNews({ time: Date.now(), kind: "event", level: "warn", host, text, ...(actor ? { actor } : {}) });
}
