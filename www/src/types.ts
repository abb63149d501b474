// What the lattice tells of itself, in the shapes of its control subjects.

import type { ValueKind } from "./provide.js";

/** A host as it answers a ping. */
export interface HostSummary {
  id: string;
  labels: Record<string, string>;
  friendly_name: string;
  uptime_seconds: number;
  uptime_human: string;
  version: string;
  lattice_prefix: string;
  /** A suspended host lost its connection, or is frozen; it is taken for gone a minute later. */
  presence: "live" | "suspended";
}

/** What runs on a host. */
export interface Inventory {
  host_id: string;
  friendly_name: string;
  labels: Record<string, string>;
  actors: ActorSummary[];
  providers: ProviderSummary[];
}

/** An actor in an inventory. */
export interface ActorSummary {
  id: string;
  image_ref?: string;
  name?: string;
  /** `limits` are those that its starter set. */
  instances: { instance_id: string; revision: number; max_concurrent: number; limits?: ActorLimits }[];
}

/** Limits of an actor; what is not named is the host's choice. */
export interface ActorLimits {
  /** Fuel per call. */
  fuel?: number;
  /** Bytes of an instance's memory. */
  memory?: number;
  /** Elements of a table. */
  table?: number;
  /** Calls that may wait for it. */
  mailbox?: number;
  /** Actors that a call may come through. */
  depth?: number;
  /** Bytes of the payload of a host call, either way. */
  payload?: number;
}

/** A provider in an inventory. */
export interface ProviderSummary {
  id: string;
  link_name: string;
  contract_id: string;
  name?: string;
}

/** Actor + contract + link name → provider + values. */
export interface Link {
  actor_id: string;
  provider_id: string;
  contract_id: string;
  link_name: string;
  values: Record<string, string>;
  /** Whether it can be used; where links are listed. */
  status?: LinkStatus;
}

/** Whether a link can be used: pending until its provider runs somewhere, refused in its provider's words. */
export type LinkStatus = { state: "active" } | { state: "pending" } | { state: "refused"; reason: string };

/** A value that links to a provider may have, as its provider tells it. */
export interface LinkValue {
  /** One that ends in `.*` stands for all that go on after the dot: `schedule.*` for `schedule.night`. */
  name: string;
  /** What it is read as; providers of others may have kinds of their own, which are texts. */
  kind: ValueKind;
  /** What it is where a link does not say. */
  default?: string;
  /** Whether a link must say it. */
  required: boolean;
  /** Whether it may be the name of a secret of the provider's host, `secret:NAME`. */
  secret: boolean;
  /** What it is for, in one line. */
  about: string;
  /** One that makes sense. */
  example: string;
}

/** What an actor's issuer says of it; `iss` is empty for an unsigned actor. */
export interface ClaimsSummary {
  call_alias: string;
  caps: string;
  iss: string;
  name: string;
  rev: string;
  sub: string;
  tags: string;
  version: string;
}

/** The account that signs modules in this browser, for the pages of one origin. */
export interface Account {
  /** Its public key, `A…`: other hosts run what it signed if they are told to trust it. */
  key: string;
  /**
   * How the secret key is kept: in the browser's WebCrypto, from which nobody gets it out (`webcrypto`); as a seed in
   * IndexedDB, where WebCrypto has no Ed25519, or its keys cannot be stored (`seed`); or for as long as this host runs, where
   * the page stores nothing (`memory`).
   */
  kept: "webcrypto" | "seed" | "memory";
}

/** What to claim for a module. */
export interface SignClaims {
  /** What people call the actor. Modules signed under one name have one key `M…`, as versions of one actor. */
  name: string;
  /** The contracts it may use: `wasmcloud:keyvalue` … */
  capabilities?: string[];
  /** Free words. */
  tags?: string[];
  /** The name by which other actors may call it. */
  alias?: string;
  /** Its version for people. */
  version?: string;
  /** Counts up from build to build; a whole number. */
  revision?: number;
  /** How long the claims hold, in milliseconds from now, rounded up to seconds; without, for ever. */
  expiresIn?: number;
  /** After how many milliseconds they begin to hold; without, at once. */
  notBeforeIn?: number;
}

/** Who may do what, in the format of a server's policy file. */
export interface Policy {
  /** What holds where no rule says anything. */
  default: "allow" | "deny";
  /** Deny beats allow, whatever the order. */
  rules?: PolicyRule[];
}

/** A rule: it either allows or denies actions (`start-actor`, `start-provider`, `invoke`, `link`, `join`, or with `*`). */
export interface PolicyRule {
  id: string;
  allow?: string | string[];
  deny?: string | string[];
  when?: PolicyConditions;
  unless?: PolicyConditions;
  because?: string;
}

/** All that are named must be met; `*` in a text stands for any characters. */
export type PolicyConditions = Partial<
  Record<
    | "subject"
    | "target"
    | "issuer"
    | "tags"
    | "target_issuer"
    | "target_tags"
    | "provider"
    | "contract"
    | "link"
    | "operation",
    string | string[]
  >
> & { labels?: Record<string, string | string[]> };

/** A CloudEvent of the lattice; `type` is `com.wasmcloud.lattice.actors_started` and the like. */
export interface LatticeEvent {
  id: string;
  source: string;
  type: string;
  time: string;
  data: Record<string, unknown>;
}

/** Another host went or came back. */
export interface HostPresence {
  /** Its key, `N…`. */
  host: string;
  /**
   * `suspended`: it lost its connection, or was silent for 45 s, and may come back. `live`: it is there, for the first time or
   * again. `gone`: it was stopped, or suspended for a minute.
   */
  presence: "live" | "suspended" | "gone";
}

/** A log line of an actor of this host. */
export interface LogLine {
  actor: string;
  level: "debug" | "info" | "warn" | "error";
  text: string;
}

/** A subscription whose reader is too slow for what it hears. */
export interface DroppedMessages {
  /** What it listens to. */
  subject: string;
  /** How many messages it has lost. */
  dropped: number;
}

/** Where the host is that this tab shares with others of its origin. */
export type SharedHost =
  /** In this tab, or in another one that this tab follows. */
  | { state: "leads" | "follows"; host: string }
  /** The tab that ran it is gone; another takes over. */
  | { state: "lost" };

/** Where the connection to the lattice stands. */
export type ConnectionState = "connected" | "reconnecting" | "closed";
