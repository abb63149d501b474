// The page's only way to the lattice: joins as a host, keeps the state current, and carries out what the user asks.

import { Host, WisteriaError } from "wisteria";
import type { ClaimsSummary, ConnectionState, HostSummary, Inventory, Link, Policy } from "wisteria";
import { contractsOf, shortKey } from "./names";

declare global {
  interface Window {
    /** The page's host, for the browser's console and for tests. */
    wisteria?: Host;
  }
}

/** A host with what runs on it; no inventory where it did not answer. */
export interface HostState extends HostSummary {
  inventory?: Inventory;
}

/** A line of the log: what an actor wrote, or what happened on the lattice. */
export interface LogEntry {
  id: number;
  time: string;
  source: string;
  level: string;
  text: string;
}

/** A failure that stays until it is dismissed. */
export interface Failure {
  id: number;
  doing: string;
  code: string;
  message: string;
}

/** What the page shows. */
export const page = $state({
  status: "joining" as "joining" | "failed" | ConnectionState,
  failure: "",
  lattice: "",
  own: "",
  engine: "",
  hosts: [] as HostState[],
  links: [] as Link[],
  claims: [] as ClaimsSummary[],
  log: [] as LogEntry[],
  failures: [] as Failure[],
});

/** Lines of the log that are kept. */
const LOG_BOUND = 300;
/** How often the state is asked for where nothing happens, in milliseconds. */
const REFRESH_EVERY = 2000;
/** Events that arrive within this time are answered by one question, in milliseconds. */
const GATHER = 100;

let host: Host | undefined;
let nextId = 1;

/** Joins the lattice of the server that the page came from, there or where it says. */
export async function join(): Promise<void> {
  page.status = "joining";
  try {
    const config = await readConfig();
    host = await Host.start({
      lattice: config.lattice,
      allowUnsigned: config.allow_unsigned,
      trustedIssuers: config.trusted_issuers,
      ...(config.policy ? { policy: config.policy } : {}),
      ...(config.bridge ? { bridge: config.bridge } : {}),
      ...(config.auth_required ? { token: freshToken } : {}),
    });
    page.lattice = config.lattice;
    page.own = host.id;
    page.engine = host.engine;
    page.status = "connected";
    window.wisteria = host;
    follow(host);
    await refresh();
  } catch (thrown) {
    page.status = "failed";
    page.failure = WisteriaError.from(thrown).message;
  }
}

/** What the server says of its lattice. */
interface ServerConfig {
  lattice: string;
  allow_unsigned: boolean;
  /** The accounts whose signed modules it runs. */
  trusted_issuers: string[];
  /** The policy that it and its pages obey. */
  policy: Policy | null;
  /** Where tabs join, if not at the server itself. */
  bridge: string | null;
  /** Whether the lattice asks who joins. */
  auth_required: boolean;
  /** What lets the page in, where it was opened on the server's own machine. */
  token: string | null;
}

async function readConfig(): Promise<ServerConfig> {
  const response = await fetch("/api/config");
  if (!response.ok) throw new Error(`the server answers ${response.status} to /api/config; check that it runs`);
  return response.json();
}

/** A token of the server. Each belongs to one host. */
async function freshToken(): Promise<string> {
  const { token } = await readConfig();
  if (!token) {
    throw new Error(
      "the server lets its page in on its own machine only: open the page there, under 127.0.0.1, or from here through a tunnel such as ssh -L 7700:127.0.0.1:7700 SERVER",
    );
  }
  return token;
}

function follow(joined: Host): void {
  let gathering: number | undefined;
  joined.events.on("event", (event) => {
    const kind = event.type.replace("com.wasmcloud.lattice.", "");
    if (kind === "host_heartbeat") return;
    addLog(shortKey(event.source), "event", `${kind} ${subjectOf(event.data)}`.trim());
    gathering ??= window.setTimeout(() => {
      gathering = undefined;
      void refresh();
    }, GATHER);
  });
  joined.events.on("log", ({ actor, level, text }) => addLog(shortKey(actor), level, text));
  joined.events.on("connection", (connection) => {
    page.status = connection;
    if (connection === "connected") void refresh();
  });
  window.setInterval(() => void refresh(), REFRESH_EVERY);
}

function subjectOf(data: Record<string, unknown>): string {
  const key = data["public_key"] ?? data["actor_id"] ?? data["error"];
  return typeof key === "string" ? (key.length === 56 ? shortKey(key) : key) : "";
}

let refreshing = false;

async function refresh(): Promise<void> {
  if (!host || refreshing || page.status !== "connected") return;
  refreshing = true;
  const { lattice } = host;
  try {
    const [hosts, links, claims] = await Promise.all([lattice.hosts(), lattice.links(), lattice.claims()]);
    // Who is suspended would keep the page waiting.
    const asked = hosts.map(({ id, presence }) => (presence === "live" ? lattice.inventory(id) : undefined));
    const inventories = await Promise.allSettled(asked);
    page.hosts = hosts.map((summary, at) => {
      const answer = inventories[at];
      return answer?.status === "fulfilled" && answer.value ? { ...summary, inventory: answer.value } : summary;
    });
    page.links = links;
    page.claims = claims;
  } catch (thrown) {
    // The connection's own state tells the user; the next question comes in two seconds.
    addLog("page", "warn", WisteriaError.from(thrown).message);
  } finally {
    refreshing = false;
  }
}

/** Carries out what the user asked; a failure is shown and stays. */
export async function attempt<T>(doing: string, work: (joined: Host) => Promise<T>): Promise<T | undefined> {
  if (!host) return undefined;
  try {
    const done = await work(host);
    void refresh();
    return done;
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    page.failures.push({ id: nextId++, doing, code, message });
    return undefined;
  }
}

/** Starts dropped or chosen files as actors. */
export async function startFiles(files: Iterable<File>, on: string, maxInstances: number): Promise<void> {
  for (const file of files) {
    const limit = maxInstances > 0 ? { maxInstances } : {};
    const key = await attempt(`Start ${file.name}`, (joined) => joined.actors.start(file, { host: on, ...limit }));
    if (key) addLog("page", "info", `started ${file.name} as ${shortKey(key)}`);
  }
}

/** Removes a failure from sight. */
export function dismiss(id: number): void {
  page.failures = page.failures.filter((failure) => failure.id !== id);
}

function addLog(source: string, level: string, text: string): void {
  const time = new Date().toLocaleTimeString();
  page.log.push({ id: nextId++, time, source, level, text });
  if (page.log.length > LOG_BOUND) page.log.splice(0, page.log.length - LOG_BOUND);
}

/** All actors of the lattice, each once. */
export function allActors(): { id: string; label: string; contracts: string[] }[] {
  const known = new Map<string, { id: string; label: string; contracts: string[] }>();
  for (const { inventory } of page.hosts) {
    for (const { id, name } of inventory?.actors ?? []) {
      const contracts = contractsOf(page.claims.find((claims) => claims.sub === id));
      known.set(id, { id, label: name ? `${name} (${shortKey(id)})` : shortKey(id), contracts });
    }
  }
  return [...known.values()];
}

/** All providers of the lattice that can be linked. */
export function allProviders(): { id: string; contract: string; label: string }[] {
  return page.hosts.flatMap(({ inventory, labels }) =>
    (inventory?.providers ?? [])
      .filter(({ contract_id }) => !contract_id.startsWith("wasmcloud:builtin:"))
      .map(({ id, name, contract_id }) => ({
        id,
        contract: contract_id,
        label: `${name ?? contract_id} on ${inventory?.host_id === page.own ? "this tab" : (labels["kind"] ?? "host")} (${shortKey(id)})`,
      })),
  );
}
