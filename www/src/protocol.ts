// What a page and its host say to each other.

import type { Account, ActorLimits, ConnectionState, DroppedMessages, LatticeEvent, LogLine, Policy, SharedHost, SignClaims } from "./types.js";
import type { TabHost } from "./host/host.js";
import type { Answering, Description } from "./provide.js";

/** Messages of a subscription that may be on their way to the page, or wait there to be taken. */
export const IN_FLIGHT = 256;

/** How a host starts, as it needs to know. */
export interface StartOptions {
  /** The tab host's WebAssembly; without it, the host gets its own. */
  wasm?: WebAssembly.Module;
  bridge: string;
  token?: string;
  lattice: string;
  labels: Record<string, string>;
  allowUnsigned: boolean;
  trustedIssuers: string[];
  policy?: Policy;
  /** Where tabs share the host: by what its leadership is told from others. */
  term?: string;
  /** Names that a host of the same key has provided under, in the order of their keys. */
  providerNames?: string[];
  limits: { instances?: number; mailbox?: number; fuel?: number; most?: ActorLimits };
}

/** What a host says once it has joined. */
export interface Started {
  hostId: string;
  engine: string;
  account: Account;
}

/** The host's methods that the page may call. */
export type Methods = Pick<
  TabHost,
  | "startActor"
  | "updateActor"
  | "call"
  | "publish"
  | "request"
  | "renewToken"
  | "withdraw"
  | "callAs"
  | "stop"
> & {
  start(options: StartOptions): Promise<Started>;
  sign(module: Uint8Array, claims: SignClaims): Promise<Uint8Array>;
  newInbox(): Promise<string>;
  /** Has the page told what is heard on a subject, under a number of its own. */
  subscribe(number: number, subject: string, queue: string | undefined): Promise<void>;
  unsubscribe(number: number): Promise<void>;
  /** Has the host ask the page's provider of that number; brings its key. */
  provide(description: Description, provider: number): Promise<string>;
};

/** From the page to the host: what it is to do. */
export interface Request {
  id: number;
  method: keyof Methods;
  args: unknown[];
}

/** From the host to the page: one of its providers is asked. */
export interface Ask {
  ask: number;
  provider: number;
  method: keyof Answering;
  args: unknown[];
}

/** From the page to the host: what its provider answers. */
export type AskAnswer = { ask: number; value: unknown } | { ask: number; error: { code: string; message: string } };

/** From the page to the host: it has taken so many messages of a subscription. */
export interface Taken {
  taken: number;
  count: number;
}

/** A message on the bus: its subject, where an answer goes, its payload, and names and values of headers in turn. */
export type WireMessage = [subject: string, reply: string | undefined, payload: Uint8Array, headers: string[]];

/** From the page to the host. */
export type ToHost = Request | AskAnswer | Taken;

/** From the host to the page: an answer, a question, or news. */
export type FromHost =
  | Ask
  | { id: number; value: unknown }
  | { id: number; error: { code: string; message: string } }
  /** What a subscription of the page has heard, and how many messages it has lost. */
  | { heard: number; messages: WireMessage[]; dropped: number }
  | { news: "dropped"; detail: DroppedMessages }
  | { news: "shared"; detail: SharedHost }
  | { news: "log"; detail: LogLine }
  | { news: "event"; detail: LatticeEvent }
  | { news: "connection"; detail: ConnectionState };
