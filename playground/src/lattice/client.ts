// The page's only way to the lattice: joins as a host, asks for the state, follows the events, carries out commands.

import { Host, WisteriaError, type ActorLimits, type LatticeEvent, type Link, type SignClaims } from "wisteria";
import { unwatch, watch } from "../observing/watch";
import type { Applications } from "wisteria/manifests";
import { Due } from "./due";
import { readWay, TABS, type Way } from "./config";
import { describeEvent, kindOf } from "./events";
import { fromJson, toJson } from "./json";
import { addCall, addNews, addNewsSoon, freshId, lattice, type HostState, type Pending } from "./state.svelte";

declare global {
  interface Window {
    /** The page's host, for the browser's console and for tests. */
    wisteria?: Host;
  }
}

/** How often hosts are asked whether they are there, in milliseconds: who is lost sends no event. */
const PRESENCE_EVERY = 1000;
/** A host is no more once it has not answered so many times in a row: one answer may come late. */
const UNANSWERED = 3;
/** How long a call may take, in milliseconds. */
const DEADLINE = 10_000;

let host: Host | undefined;
/** Finds out where to join; a page that embeds this knows by itself. */
let findWay: () => Promise<Way> = readWay;
let asking: ReturnType<typeof setInterval> | undefined;
const due = new Due(ask);
/** How often hosts have not answered, by host; those that said that they leave are as good as never heard. */
const unanswered = new Map<string, number>();

/** Joins the lattice, where `find` says or as before. What goes wrong is in `lattice.failure`. */
export async function join(find = findWay): Promise<void> {
  lattice.status = "joining";
  findWay = find;
  try {
    const way = await find();
    Object.assign(lattice, described(way));
    enter(await Host.start(way.options));
  } catch (thrown) {
    lattice.status = "failed";
    lattice.failure = WisteriaError.from(thrown).message;
  }
}

/** Leaves this lattice for another one. Where that cannot be joined, the tab stays where it is, and this rejects with why. */
export async function move(way: Way): Promise<void> {
  const next = await Host.start(way.options);
  findWay = () => Promise.resolve(way);
  await leave();
  Object.assign(lattice, described(way), { news: [], calls: [] });
  enter(next);
}

const described = ({ lattice: name, bridge, isServed = false }: Way) => ({ name, bridge, isServed });

function enter(joined: Host): void {
  host = joined;
  const { id: own, engine, account } = joined;
  Object.assign(lattice, { own, engine, account: account.key, status: "connected" });
  window.wisteria = joined;
  follow(joined);
  due.all();
}

function follow(joined: Host): void {
  watch(joined);
  joined.events.on("event", take);
  joined.events.on("log", ({ actor, level, text }) =>
    addNewsSoon({ time: Date.now(), kind: "log", level, host: joined.id, actor, text }),
  );
  joined.events.on("connection", (connection) => {
    // One that was left has nothing more to say.
    if (joined !== host) return;
    lattice.status = connection;
    if (connection === "connected") due.all();
  });
  clearInterval(asking);
  asking = setInterval(() => {
    if (lattice.status === "connected" && document.visibilityState === "visible") due.hosts();
  }, PRESENCE_EVERY);
}

function take(event: LatticeEvent): void {
  const kind = kindOf(event);
  // These come with every beat, and say that nothing changed.
  if (kind === "host_heartbeat" || kind === "health_check_passed") return;
  // Where tabs are on their own, what keeps links is no host.
  const isOfHost = lattice.bridge !== TABS || !kind.startsWith("linkdef_");
  addNews({ ...describeEvent(event), ...(isOfHost ? {} : { host: "" }) });
  if (kind.startsWith("link")) return due.links();
  if (kind === "host_stopped") unanswered.set(event.source, UNANSWERED);
  if (kind.startsWith("host") || kind.startsWith("labels")) due.hosts();
  due.inventory(event.source);
  // A provider that comes or goes changes what links can be used; a new actor brings its claims.
  if (kind.startsWith("provider")) due.links();
  if (kind.startsWith("actor")) due.claims();
}

/** Asks for parts of the state; called by `due`, never twice at once. */
async function ask(parts: {
  hosts: boolean;
  links: boolean;
  claims: boolean;
  inventories: Set<string>;
}): Promise<void> {
  if (!host || lattice.status !== "connected") return;
  try {
    const { lattice: asked } = host;
    const [, links, claims] = await Promise.all([
      parts.hosts ? askHosts(host, parts.inventories) : undefined,
      parts.links ? asked.links() : undefined,
      parts.claims ? asked.claims() : undefined,
    ]);
    if (links) lattice.links = links;
    if (claims) lattice.claims = claims;
    await Promise.all([...parts.inventories].map(askInventory));
    lattice.isKnown ||= parts.hosts && parts.links;
  } catch (thrown) {
    // The connection's own state tells the user, and a reconnect asks again.
    addNews({
      time: Date.now(),
      kind: "event",
      level: "warn",
      host: lattice.own,
      text: WisteriaError.from(thrown).message,
    });
  }
}

/** Asks who is there; adds those whose inventory is to be asked for to `inventories`. */
async function askHosts(joined: Host, inventories: Set<string>): Promise<void> {
  const answers = await joined.lattice.hosts();
  const known = new Map(lattice.hosts.map((one) => [one.id, one]));
  const now = Date.now();
  const hosts = answers.map((summary): HostState => {
    const { id, friendly_name: name, labels, version, presence } = summary;
    const before = known.get(id);
    if (presence === "live" && (!before?.answered || before.presence !== "live")) inventories.add(id);
    const startedAt = before?.startedAt ?? now - summary.uptime_seconds * 1000;
    const { actors, providers, answered } = before ?? { actors: [], providers: [], answered: false };
    return { id, name, labels, version, presence, startedAt, actors, providers, answered };
  });
  for (const { id } of hosts) unanswered.delete(id);
  const answered = new Set(hosts.map(({ id }) => id));
  for (const host of lattice.hosts.filter(({ id }) => !answered.has(id))) {
    const times = (unanswered.get(host.id) ?? 0) + 1;
    unanswered.delete(host.id);
    if (times >= UNANSWERED) continue;
    unanswered.set(host.id, times);
    hosts.push(host);
  }
  replaceHosts(hosts.sort((one, other) => rank(one) - rank(other) || one.startedAt - other.startedAt));
}

/** This tab first, then servers, then other tabs. */
function rank({ id, labels }: HostState): number {
  if (id === lattice.own) return 0;
  return labels["kind"] === "server" ? 1 : 2;
}

/** Who is suspended would keep the page waiting, and keeps the inventory that it had. */
async function askInventory(id: string): Promise<void> {
  if (!host || lattice.hosts.find((one) => one.id === id)?.presence !== "live") return;
  const answer = await host.lattice.inventory(id).catch(() => undefined);
  if (!answer) return;
  const { labels } = answer;
  replaceHosts(
    lattice.hosts.map((one) => {
      if (one.id !== id) return one;
      const actors = inOrder(answer.actors, one.actors);
      return { ...one, actors, providers: inOrder(answer.providers, one.providers), labels, answered: true };
    }),
  );
}

/** A host tells what it has in any order: what was there before keeps its place, and the rest follows by name. */
function inOrder<T extends { id: string; name?: string }>(told: T[], before: T[]): T[] {
  const places = new Map(before.map(({ id }, at) => [id, at]));
  const placeOf = ({ id }: T) => places.get(id) ?? Infinity;
  const nameOf = ({ id, name }: T) => `${name ?? ""} ${id}`;
  return [...told].sort((one, other) => {
    const [here, there] = [placeOf(one), placeOf(other)];
    return here === there ? nameOf(one).localeCompare(nameOf(other)) : here - there;
  });
}

/** Nothing is drawn again where nothing changed. */
function replaceHosts(hosts: HostState[]): void {
  if (JSON.stringify(hosts) !== JSON.stringify(lattice.hosts)) lattice.hosts = hosts;
}

/** Leaves the lattice, and forgets it. */
export async function leave(): Promise<void> {
  clearInterval(asking);
  unwatch();
  const left = host;
  host = undefined;
  Object.assign(lattice, { own: "", status: "closed", hosts: [], links: [], claims: [], pending: [], isKnown: false });
  await left?.stop();
}

/** The manifests of this lattice, by the part of the package that knows them, which is loaded when it is asked for. */
export async function applications(): Promise<Applications> {
  const { Applications } = await import("wisteria/manifests");
  return new Applications(joinedHost());
}

/** Starts and links what a manifest names; images are read from `base`. */
export async function applyManifest(manifest: unknown, base: URL): Promise<void> {
  for await (const step of (await applications()).apply(manifest, { base })) {
    const text = step.step === "put-link" ? `linked ${step.actor} to ${step.provider}` : `started ${step.component}`;
    addNews({ time: Date.now(), kind: "event", level: "info", host: lattice.own, text });
  }
}

/** The host of this page. Throws where it has not joined. */
export function joinedHost(): Host {
  if (!host) throw new WisteriaError("not-started", "this tab has not joined the lattice; try again once it has");
  return host;
}

type Unnumbered<T> = T extends unknown ? Omit<T, "id"> : never;

/** Shows `pending` for as long as `work` takes. */
async function during<T>(pending: Unnumbered<Pending>, work: (joined: Host) => Promise<T>): Promise<T> {
  const entry = { id: freshId(), ...pending } as Pending;
  lattice.pending = [...lattice.pending, entry];
  try {
    return await work(joinedHost());
  } finally {
    await due.settled();
    lattice.pending = lattice.pending.filter(({ id }) => id !== entry.id);
  }
}

/** How an actor is bounded. */
export interface Bounds {
  maxInstances: number;
  limits?: ActorLimits;
}

/** Starts a module, or by its key an actor that runs elsewhere, on a host; resolves with the actor's key. */
export function startActor(
  module: Uint8Array | string,
  name: string,
  on: string,
  bounds: Bounds,
  actor?: string,
): Promise<string> {
  return during({ kind: "starting", name, host: on, ...(actor ? { actor } : {}) }, async (joined) => {
    const key = await joined.actors.start(module, { host: on, ...bounds });
    due.inventory(on);
    due.claims();
    return key;
  });
}

/** Stops an actor on a host. */
export function stopActor(actor: string, on: string): Promise<void> {
  return during({ kind: "stopping", actor, host: on }, async (joined) => {
    await joined.actors.stop(actor, { host: on });
    due.inventory(on);
  });
}

/** Changes how an actor is bounded on a host. */
export function scaleActor(actor: string, on: string, { maxInstances, limits }: Bounds): Promise<void> {
  return during({ kind: "changing", actor, host: on }, async (joined) => {
    await joined.actors.scale(actor, maxInstances, { host: on, ...(limits ? { limits } : {}) });
    due.inventory(on);
  });
}

/** Starts an actor on another host, which gets its module from where it runs, then stops it there, so that no call fails. */
export function moveActor(actor: string, name: string, from: string, to: string, bounds: Bounds): Promise<void> {
  return during({ kind: "moving", actor, name, from, host: to }, async (joined) => {
    await joined.actors.start(actor, { host: to, ...bounds });
    await joined.actors.stop(actor, { host: from });
    due.inventory(to);
    due.inventory(from);
  });
}

/** Signs a module with this browser's account; resolves with the signed one. */
export function signModule(module: Uint8Array, claims: SignClaims): Promise<Uint8Array> {
  return joinedHost().sign(module, claims);
}

/** Has an actor run another module of its key, on one host after another. No call fails; a host that refuses it keeps the old one. */
export async function updateActor(actor: string, module: Uint8Array, hosts: string[]): Promise<void> {
  for (const on of hosts) {
    await during({ kind: "changing", actor, host: on }, async (joined) => {
      await joined.actors.update(actor, module, { host: on });
      due.inventory(on);
      due.claims();
    });
  }
}

/** The module that an actor runs, from whatever host runs it. */
export function runningModule(actor: string): Promise<Uint8Array> {
  return joinedHost().actors.module(actor);
}

/** Puts a link; resolves once its provider has accepted it, rejects with its reason. */
export function putLink(link: Link): Promise<void> {
  return during({ kind: "linking", link }, async (joined) => {
    const { status: _, ...put } = link;
    await joined.links.put(put);
    due.links();
  });
}

/** Deletes a link. */
export function deleteLink(link: Link): Promise<void> {
  return during({ kind: "unlinking", link }, async (joined) => {
    await joined.links.del(link.actor_id, link.contract_id, link.link_name);
    due.links();
  });
}

/** Starts a provider that a host has by name, under a key that it is to share where one is given; resolves with its key. */
export async function startProvider(name: string, on: string, linkName: string, key?: string): Promise<string> {
  const started = await joinedHost().providers.start(name, { host: on, linkName, ...(key ? { key } : {}) });
  await refresh(on);
  return started;
}

/** Stops a provider on a host. */
export async function stopProvider(provider: string, on: string): Promise<void> {
  await joinedHost().providers.stop(provider, { host: on });
  await refresh(on);
}

/** Asks for what runs on a host, and for the links; resolves once the page knows. */
export async function refresh(on: string): Promise<void> {
  due.inventory(on);
  due.links();
  await due.settled();
}

/** Calls an actor in the page's own name; resolves with its reply. */
export function request(actor: string, operation: string, payload: unknown): Promise<unknown> {
  return joinedHost().call(actor, operation, payload, { deadline: DEADLINE });
}

/** Puts a label on a host, in place of one of that name. */
export async function putLabel(on: string, key: string, value: string): Promise<void> {
  await joinedHost().lattice.putLabel(on, key, value);
  await refresh(on);
}

/** Takes a label from a host. */
export async function deleteLabel(on: string, key: string): Promise<void> {
  await joinedHost().lattice.deleteLabel(on, key);
  await refresh(on);
}

/** Has a host leave the lattice; this tab's own at once, others once they have heard of it. */
export async function stopHost(id: string): Promise<void> {
  if (id === lattice.own) return joinedHost().stop();
  await joinedHost().lattice.stopHost(id);
  due.hosts();
}

/** Calls an actor with JSON, or with text as bytes where `raw`; keeps question and answer. Never rejects. */
export async function callActor(actor: string, operation: string, input: string, raw: boolean): Promise<void> {
  const began = performance.now();
  const done = (output: string, failed?: string) => {
    const took = performance.now() - began;
    const outcome = { output, took, ...(failed ? { failed } : {}) };
    addCall({ time: Date.now(), actor, operation, input, ...outcome });
    const text = failed ? `${operation} failed: ${output}` : `${operation} answered in ${took.toFixed(1)} ms`;
    addNews({ time: Date.now(), kind: "call", level: failed ? "error" : "info", host: lattice.own, actor, text });
  };
  try {
    done(await reply(actor, operation, input, raw));
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    done(message, code);
  }
}

async function reply(actor: string, operation: string, input: string, raw: boolean): Promise<string> {
  const deadline = DEADLINE;
  if (!raw) return toJson(await joinedHost().call(actor, operation, fromJson(input), { deadline }));
  const bytes = await joinedHost().call(actor, operation, new TextEncoder().encode(input), { raw, deadline });
  return new TextDecoder().decode(bytes);
}
