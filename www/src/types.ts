// What the lattice tells of itself, in the shapes of its control subjects.

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
  instances: { instance_id: string; revision: number; max_concurrent: number }[];
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

/** A CloudEvent of the lattice; `type` is `com.wasmcloud.lattice.actors_started` and the like. */
export interface LatticeEvent {
  id: string;
  source: string;
  type: string;
  time: string;
  data: Record<string, unknown>;
}

/** A log line of an actor of this host. */
export interface LogLine {
  actor: string;
  level: "debug" | "info" | "warn" | "error";
  text: string;
}

/** Where the connection to the lattice stands. */
export type ConnectionState = "connected" | "reconnecting" | "closed";
