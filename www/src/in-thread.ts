// A host on this thread, which the page drives as if it were in a worker.

import { Hosting } from "./hosting.js";
import type { FromHost, ToHost } from "./protocol.js";
import type { WorkerLike } from "./remote.js";
import { surroundings } from "./surroundings.js";

/** No worker, but this thread. Messages arrive in a task of their own: never inside of what sent them. */
export class InThread implements WorkerLike {
  onmessage: ((message: MessageEvent<FromHost>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly #hosting = new Hosting((message) => queueMicrotask(() => this.#tell(message)), { tabs: surroundings().tabs });
  #ended = false;

  postMessage(message: ToHost): void {
    queueMicrotask(() => {
      if (!this.#ended) this.#hosting.take(message);
    });
  }

  /** Has the host leave the lattice, if it is there. */
  terminate(): void {
    if (this.#ended) return;
    this.#ended = true;
    queueMicrotask(() => void this.#hosting.end());
  }

  #tell(message: FromHost): void {
    if (!this.#ended) this.onmessage?.({ data: message } as MessageEvent<FromHost>);
  }
}
