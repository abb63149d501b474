// The tab host in WebAssembly, built from the Rust sources into `dist/host/`.

import type { ActorLimits, ClaimsSummary, HostSummary, Inventory, LatticeEvent, Link, LinkStatus, LogLine, Policy } from "../types.js";

/** Loads the wasm beside this file; must be awaited before anything else. */
export default function init(): Promise<unknown>;

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
  renewToken(token: string): Promise<void>;
  stop(): Promise<void>;
  free(): void;
}
