// Counts the calls that hosts tell of, by link, by pair and by actor; what the page shows of it is written now and then.

import type { Observation, ObservedActor, ObservedEdge } from "wisteria";
import { lattice } from "../lattice/state.svelte";
import { linkId } from "../lattice/view";
import { selected } from "../ui/selection.svelte";
import { Tally, together, type Rate, type Second } from "./rates";
import { pairId, seatOf, traffic, type Busy, type Pair } from "./traffic.svelte";

/** Things that are counted; of more, those without calls for the longest time go. */
const COUNTED = 4096;
/** A host that tells nothing of an actor for so many milliseconds has nothing to tell. */
const STILL_BUSY = 1000;
/** A pair without calls is shown for so many seconds. */
const PAIR_STAYS = 20;

const byLink = new Map<string, Tally>();
const byPair = new Map<string, Tally & { pair?: Pair }>();
const bySeat = new Map<string, Tally>();
const busy = new Map<string, ObservedActor & { at: number }>();
const failed = new Set<string>();

/** Which link led from one to another, and whether it was its provider that called. */
export function linkOf(edge: Pick<ObservedEdge, "origin" | "target" | "contract" | "linkName">): { id: string; isBack: boolean } | undefined {
  const { origin, target, contract, linkName = "default" } = edge;
  if (target.startsWith("V")) {
    return contract ? { id: linkId({ actor_id: origin, contract_id: contract, link_name: linkName }), isBack: false } : undefined;
  }
  if (!origin.startsWith("V")) return undefined;
  const links = lattice.links.filter(({ provider_id, actor_id }) => provider_id === origin && actor_id === target);
  const link = links.find((one) => one.contract_id === contract && one.link_name === linkName) ?? links[0];
  return link ? { id: linkId(link), isBack: true } : undefined;
}

/** What a failure of an edge is noted under: its link, or the actor that was called. */
export function failureName(edge: Pick<ObservedEdge, "origin" | "target" | "contract" | "linkName">): string {
  return linkOf(edge)?.id ?? edge.target;
}

/** Counts what a host tells. */
export function count({ host, edges, actors }: Observation, now = Date.now()): void {
  for (const edge of edges) {
    const link = linkOf(edge);
    if (link) tallyOf(byLink, link.id).add(edge, now);
    else countPair({ origin: edge.origin, target: edge.target, host }, edge, now);
    if (edge.target.startsWith("M")) tallyOf(bySeat, seatOf(host, edge.target)).add(edge, now);
    const name = link?.id ?? edge.target;
    if (edge.failed > 0 && !isLookedAt(name)) failed.add(name);
  }
  for (const actor of actors) {
    busy.set(seatOf(host, actor.actor), { ...actor, at: now });
    bound(busy);
  }
}

function countPair(pair: Pair, edge: ObservedEdge, now: number): void {
  const tally = tallyOf(byPair, pairId(pair)) as Tally & { pair?: Pair };
  tally.pair = pair;
  tally.add(edge, now);
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name) ?? new Tally();
  // The one counted last stands last.
  tallies.delete(name);
  tallies.set(name, known);
  bound(tallies);
  return known;
}

function bound(named: Map<string, unknown>): void {
  const [oldest] = named.keys();
  if (named.size > COUNTED && oldest !== undefined) named.delete(oldest);
}

function isLookedAt(name: string): boolean {
  const it = selected.it;
  return (it?.kind === "link" && it.link === name) || (it?.kind === "actor" && it.actor === name);
}

/** Writes the figures as they stand. */
export function publish(now = Date.now()): void {
  traffic.links = ratesOf(byLink, now);
  traffic.pairRates = ratesOf(byPair, now);
  const seats = ratesOf(bySeat, now);
  traffic.actors = new Map([...busyNow(seats, now)]);
  const since = now / 1000 - PAIR_STAYS;
  const pairs = [...byPair.values()].flatMap(({ pair, last }) => (pair && last >= since ? [pair] : []));
  // The graph is drawn again where the pairs change, and not where their rates do.
  const names = (all: readonly Pair[]) => all.map(pairId).sort().join();
  if (names(pairs) !== names(traffic.pairs)) traffic.pairs = pairs;
  if (failed.size !== traffic.unseen.size || [...failed].some((name) => !traffic.unseen.has(name))) traffic.unseen = new Set(failed);
  traffic.perSecond = [...traffic.links.values(), ...traffic.pairRates.values()].reduce((sum, rate) => sum + rate.perSecond, 0);
  traffic.beat += 1;
}

function ratesOf(tallies: Map<string, Tally>, now: number): Map<string, Rate> {
  const rates = new Map<string, Rate>();
  for (const [name, tally] of tallies) {
    const rate = tally.rate(now);
    if (rate) rates.set(name, rate);
  }
  return rates;
}

function* busyNow(rates: Map<string, Rate>, now: number): Generator<[string, Busy]> {
  for (const [seat, { actor, waiting, busy: atWork, instances, at }] of busy) {
    const rate = rates.get(seat);
    const isFresh = now - at < STILL_BUSY;
    if (isFresh) yield [seat, { actor, waiting, busy: atWork, instances, rate }];
    else if (rate) yield [seat, { actor, waiting: 0, busy: 0, instances, rate }];
    else busy.delete(seat);
  }
  for (const [seat, rate] of rates) {
    if (!busy.has(seat)) yield [seat, { actor: seat.split(" ")[1] ?? "", waiting: 0, busy: 0, instances: 0, rate }];
  }
}

/** Whether anything has calls of late, so that figures change by themselves. */
export function isLively(): boolean {
  return traffic.links.size + traffic.pairRates.size + traffic.actors.size + traffic.pairs.length > 0;
}

/** The last minute of a link. */
export const minuteOfLink = (id: string, now = Date.now()): (Second | undefined)[] => byLink.get(id)?.minute(now) ?? [];

/** The last minute of an actor on a host. */
export const minuteOfActor = (host: string, actor: string, now = Date.now()): (Second | undefined)[] =>
  bySeat.get(seatOf(host, actor))?.minute(now) ?? [];

/** Calls of an actor on all its hosts. */
export function rateOfActor(actor: string): Rate | undefined {
  return together([...traffic.actors].flatMap(([, one]) => (one.actor === actor && one.rate ? [one.rate] : [])));
}

/** Somebody has looked at the failures of a link, or of an actor. */
export function see(name: string): void {
  if (failed.delete(name)) traffic.unseen = new Set(failed);
}

/** Somebody has looked at all failures. */
export function seeAll(): void {
  failed.clear();
  traffic.unseen = new Set();
}

/** Forgets all that was counted, as when the page leaves the lattice. */
export function forgetCounts(): void {
  for (const counted of [byLink, byPair, bySeat, busy, failed]) counted.clear();
  publish();
}
