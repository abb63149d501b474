// What the page knows of the lattice: plain data, written by the client module alone.

import type { ActorSummary, ClaimsSummary, ConnectionState, Link, ProviderSummary } from "wisteria";

/** A host with what runs on it. */
export interface HostState {
  id: string;
  name: string;
  labels: Record<string, string>;
  version: string;
  presence: "live" | "suspended";
  /** When it started, in milliseconds since 1970. */
  startedAt: number;
  /** Missing until it answered for the first time. */
  actors: ActorSummary[];
  providers: ProviderSummary[];
  /** Whether its inventory is known. */
  answered: boolean;
}

/** Something that was asked for and is not so yet. */
export type Pending = { id: number } & (
  | { kind: "starting"; actor?: string; name: string; host: string }
  | { kind: "stopping" | "changing"; actor: string; host: string }
  | { kind: "moving"; actor: string; name: string; from: string; host: string }
  | { kind: "linking" | "unlinking"; link: Link }
);

/** A line of what happened. */
export interface NewsLine {
  id: number;
  /** Milliseconds since 1970. */
  time: number;
  kind: "event" | "log" | "call";
  level: "debug" | "info" | "warn" | "error";
  /** The host where it happened. */
  host: string;
  /** The actor that it is about, where it is about one. */
  actor?: string;
  text: string;
}

/** A call that was made on this page. */
export interface CallRecord {
  id: number;
  time: number;
  actor: string;
  operation: string;
  /** JSON, or text where the call was of bytes. */
  input: string;
  output: string;
  /** The code of what it failed by. */
  failed?: string;
  /** Milliseconds from question to answer. */
  took: number;
}

/** Where the page stands. */
export type Status = "joining" | "failed" | ConnectionState;

class LatticeState {
  status = $state<Status>("joining");
  /** Why it could not join. */
  failure = $state("");
  name = $state("");
  /** Where it joined. */
  bridge = $state("");
  /** Whether the page came from a server of that lattice. */
  isServed = $state(false);
  /** The key of this tab's host. */
  own = $state("");
  engine = $state("");
  account = $state("");
  /** Whether hosts, links and claims were answered once. */
  isKnown = $state(false);
  hosts = $state.raw<HostState[]>([]);
  links = $state.raw<Link[]>([]);
  claims = $state.raw<ClaimsSummary[]>([]);
  pending = $state.raw<Pending[]>([]);
  news = $state.raw<NewsLine[]>([]);
  calls = $state.raw<CallRecord[]>([]);
}

/** The lattice as this page sees it. */
export const lattice = new LatticeState();

/** Lines of news that are kept. */
export const NEWS_BOUND = 500;
/** Calls that are kept. */
export const CALLS_BOUND = 60;

let nextId = 1;

/** A number that nothing else on the page has. */
export const freshId = (): number => nextId++;

/** Adds a line of news; the oldest one goes beyond the bound. */
export function addNews(line: Omit<NewsLine, "id">): void {
  addAllNews([line]);
}

/** Adds several at once. */
export function addAllNews(lines: readonly Omit<NewsLine, "id">[]): void {
  lattice.news = [...lattice.news, ...lines.map((line) => ({ id: freshId(), ...line }))].slice(-NEWS_BOUND);
}

/** Lines that are added within this time are added together, in milliseconds. */
const GATHER = 100;
let gathered: Omit<NewsLine, "id">[] = [];

/** Adds a line of which there may be thousands in a second; of those that come together the last are kept. */
export function addNewsSoon(line: Omit<NewsLine, "id">): void {
  if (gathered.length === 0) setTimeout(() => addAllNews(gathered.splice(0)), GATHER);
  gathered.push(line);
  if (gathered.length > NEWS_BOUND) gathered = gathered.slice(-NEWS_BOUND);
}

/** Adds a call to the record. */
export function addCall(call: Omit<CallRecord, "id">): void {
  lattice.calls = [...lattice.calls, { id: freshId(), ...call }].slice(-CALLS_BOUND);
}
