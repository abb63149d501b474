// The shapes of what hosts tell of calls.

/** What one host tells of the calls that it handled in a time of 100 ms or more. */
export interface Observation {
  /** The host that tells, `N…`: the one where the targets run. */
  host: string;
  /** When the time ended, in milliseconds since 1970. */
  at: number;
  /** How long it was, in milliseconds. */
  window: number;
  /** All calls of it, counted by who called whom. */
  edges: ObservedEdge[];
  /** Calls one by one, at most 32. */
  calls: ObservedCall[];
  /** How many calls are not among `calls`. */
  dropped: number;
  /** The actors that had calls, or have some waiting. */
  actors: ObservedActor[];
  /** What actors wrote, at most 64 lines. */
  logs: ObservedLog[];
  /** How many observations of any host this reader was too slow for, since the one before. */
  missed: number;
}

/** The calls from one to another, counted. */
export interface ObservedEdge {
  /** Who called: an actor `M…`, a provider `V…`, a host `N…` or a user `U…`. */
  origin: string;
  /** Who was called: an actor or a provider. */
  target: string;
  /** The contract of the link that led there. */
  contract?: string;
  /** The name of that link. */
  linkName?: string;
  count: number;
  /** How many of them failed. */
  failed: number;
  /** What all of them took together, in milliseconds. */
  took: number;
  /** What the slowest of them took, in milliseconds. */
  slowest: number;
  /** What half of them took at most, in milliseconds. */
  p50: number;
}

/** One call. */
export interface ObservedCall {
  /** The host that handled it. */
  host: string;
  /** What all calls have in common that came of one, in hexadecimal digits. */
  trace: string;
  /** This call's own number in it. */
  span: string;
  /** The number of the call that this one was made in. */
  parent?: string;
  /** Who called. */
  origin: string;
  /** Who was called. */
  target: string;
  /** The contract of the link that led there. */
  contract?: string;
  /** The name of that link. */
  linkName?: string;
  operation: string;
  /** When it arrived, in milliseconds since 1970, by the clock of the host that handled it. */
  began: number;
  /** How long it waited for its turn, in milliseconds. */
  waited: number;
  /** How long it took with that, in milliseconds. */
  took: number;
  /** The fuel that it used, where it is counted. */
  fuel?: number;
  /** The memory of the instance after it, in bytes. */
  memory?: number;
  /** How long its argument was, in bytes. */
  bytesIn: number;
  /** How long its answer was, in bytes. */
  bytesOut: number;
  /** The argument; missing above 4096 bytes. {@link decodePayload} reads it. */
  input?: Uint8Array;
  /** The answer; missing above 4096 bytes. */
  output?: Uint8Array;
  /** Why it failed. */
  error?: { code: string; message: string };
}

/** How busy an actor is on the host that tells. */
export interface ObservedActor {
  actor: string;
  /** Calls that wait for it. */
  waiting: number;
  /** Instances that handle a call. */
  busy: number;
  /** Instances there are. */
  instances: number;
}

/** What an actor wrote. */
export interface ObservedLog {
  /** The host where it runs. */
  host: string;
  actor: string;
  level: "debug" | "info" | "warn" | "error";
  /** Cut at 1024 bytes. */
  text: string;
  /** When, in milliseconds since 1970. */
  at: number;
  /** The trace of the call in which it wrote. */
  trace?: string;
}
