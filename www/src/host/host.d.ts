// The tab host in WebAssembly, built from the Rust sources into `dist/host/`.

import type { ChannelSocket } from "../channel-socket.js";
import type { WireMessage } from "../protocol.js";
import type { ActorLimits, LogLine, Policy, SignClaims } from "../types.js";
import type { Answering } from "../provide.js";

/** Instantiates the module, once for all calls; must be awaited before anything else. */
export default function init(given: { module_or_path: WebAssembly.Module }): Promise<unknown>;

/** The text `A…` of an account's public key, 32 bytes. */
export function accountKey(publicKey: Uint8Array): string;
/** The text of the public key of 32 secret bytes: an account's, or a module's. */
export function keyOfSeed(isModule: boolean, seed: Uint8Array): string;
/** The signature of an account of 32 secret bytes over a text. */
export function signBySeed(seed: Uint8Array, text: string): Uint8Array;
/** The text that `account` signs for `module` to have these claims. */
export function claimsToSign(module: Uint8Array, claims: SignClaims, account: string, actor: string): string;
/** The module with such a text and its signature, which is checked. */
export function embedSignature(module: Uint8Array, text: string, signature: Uint8Array): Uint8Array;

/** A host in this thread. Every method that fails rejects with an `Error` that has a `code`. */
export class TabHost {
  static start(options: {
    bridge: string;
    token?: string;
    lattice?: string;
    labels?: Record<string, string>;
    allowUnsigned?: boolean;
    trustedIssuers?: string[];
    policy?: Policy;
    limits?: { instances?: number; mailbox?: number; fuel?: number; most?: ActorLimits };
    /** The secret bytes, in hexadecimal, of the host's key, where it is to have the same as another before it. */
    hostSeed?: string;
    /** Names that get the keys of providers before others, in this order. */
    providerNames?: string[];
    /** The secret bytes, in hexadecimal, of providers that are to have the same key in each host, by name. */
    providerSeeds?: Record<string, string>;
    onLog?: (line: LogLine) => void;
    onConnection?: (state: string) => void;
    /** Brings what is used as a WebSocket, where the address is that of none. */
    openSocket?: () => ChannelSocket;
    /** Makes what answers for a store of keys and values in memory. */
    newStore?: () => Answering;
  }): Promise<TabHost>;
  readonly hostId: string;
  readonly engine: string;
  startActor(hostId: string, module: Uint8Array, maxInstances: number, limits: ActorLimits | undefined): Promise<string>;
  updateActor(hostId: string, actorId: string, module: Uint8Array): Promise<void>;
  call(target: string, operation: string, payload: Uint8Array, timeoutMillis: number): Promise<Uint8Array>;
  newInbox(): string;
  /** Headers are names and values in turn. */
  publish(subject: string, payload: Uint8Array, reply: string | undefined, headers: string[]): Promise<void>;
  request(subject: string, payload: Uint8Array, headers: string[], timeoutMillis: number): Promise<WireMessage>;
  /** Resolves once `listener` hears what is published; ended by the same number. */
  subscribe(number: number, pattern: string, queue: string | undefined, listener: (message: WireMessage) => void): Promise<void>;
  unsubscribe(number: number): void;
  /** Six texts for each value: name, type, `required`, `default` or `optional`, default, what for, example. */
  provide(name: string, contract: string, title: string, values: string[], answering: Answering): Promise<string>;
  withdraw(providerId: string): Promise<void>;
  callAs(provider: string, actor: string, operation: string, payload: Uint8Array, timeoutMillis: number): Promise<Uint8Array>;
  renewToken(token: string): Promise<void>;
  stop(): Promise<void>;
  free(): void;
}
