// The tab host in WebAssembly, built from the Rust sources into `dist/host/`.

import type {
  ActorLimits,
  ClaimsSummary,
  HostSummary,
  Inventory,
  LatticeEvent,
  Link,
  LinkStatus,
  LogLine,
  Policy,
  SignClaims,
} from "../types.js";
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
    /** The secret bytes, in hexadecimal, of providers that are to have the same key in each host, by name. */
    providerSeeds?: Record<string, string>;
    onLog?: (line: LogLine) => void;
    onConnection?: (state: string) => void;
  }): Promise<TabHost>;
  readonly hostId: string;
  readonly engine: string;
  startActor(hostId: string, module: Uint8Array, maxInstances: number, limits: ActorLimits | undefined): Promise<string>;
  stopActor(hostId: string, actorId: string): Promise<void>;
  scaleActor(hostId: string, actorId: string, maxInstances: number, limits: ActorLimits | undefined): Promise<void>;
  startProvider(hostId: string, name: string, linkName: string): Promise<string>;
  stopProvider(hostId: string, providerId: string): Promise<void>;
  putLink(link: Link): Promise<LinkStatus>;
  deleteLink(actorId: string, contractId: string, linkName: string): Promise<void>;
  call(target: string, operation: string, payload: Uint8Array, timeoutMillis: number): Promise<Uint8Array>;
  hosts(): Promise<HostSummary[]>;
  inventory(hostId: string): Promise<Inventory>;
  links(): Promise<Link[]>;
  claims(): Promise<ClaimsSummary[]>;
  onEvent(callback: (event: LatticeEvent) => void): void;
  /** Six texts for each value: name, type, `required`, `default` or `optional`, default, what for, example. */
  provide(name: string, contract: string, title: string, values: string[], answering: Answering): Promise<string>;
  withdraw(providerId: string): Promise<void>;
  callAs(provider: string, actor: string, operation: string, payload: Uint8Array, timeoutMillis: number): Promise<Uint8Array>;
  renewToken(token: string): Promise<void>;
  stop(): Promise<void>;
  free(): void;
}
