// What a host asks of the place that it runs in: a page, Node, or a server's surroundings of workers.

import { WisteriaError } from "./error.js";
import type { WorkerLike } from "./remote.js";
import type { Build } from "./wasm.js";

/** What the entries of the package tell of their place. */
export interface Surroundings {
  /** Gets the package's own file of a build. Places that have none are told the module by `init`. */
  ownFile?(build: Build): Promise<Response>;
  /** Gets a file that the caller names; by default `fetch` does. */
  open?(url: URL | string): Promise<Response>;
  /** Starts a worker for a host. Where there is none, hosts run on the thread that starts them. */
  startWorker?(): WorkerLike;
  /** Loads what makes a lattice of the origin's tabs, for hosts on this thread. */
  tabs?(): Promise<typeof import("./tab-lattice.js")>;
  /** What must be there before a host starts on this thread. */
  prepare?(): Promise<void>;
}

let current: Surroundings = {};

/** An entry of the package says where it is. */
export function enter(surroundings: Surroundings): void {
  current = surroundings;
}

/** Where the package is. */
export function surroundings(): Surroundings {
  return current;
}

/** Gets what is at an address. */
export function open(address: URL | string): Promise<Response> {
  return current.open ? current.open(address) : fetch(address);
}

/** Starts what a host lives in: a worker of its own, or this thread. */
export async function openHosting(inWorker: boolean): Promise<WorkerLike> {
  if (!inWorker) {
    const [{ InThread }] = await Promise.all([import("./in-thread.js"), current.prepare?.()]);
    return new InThread();
  }
  if (current.startWorker) return current.startWorker();
  throw new WisteriaError(
    "unsupported",
    "there are no workers here; start the host on this thread, `Host.start({ worker: false })`, or in a worker of your own, `Host.startIn(worker)`",
  );
}
