// The entry of the package for Node.

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { provideWebSocket } from "./node-websocket.js";
import { ownUrl } from "./own-files.js";
import type { FromHost, ToHost } from "./protocol.js";
import type { WorkerLike } from "./remote.js";
import { enter } from "./surroundings.js";

enter({
  ownFile: (build) => readAsResponse(ownUrl(build)),
  open: (address) => (isFile(address) ? readAsResponse(address) : fetch(address)),
  startWorker: () => new NodeWorker(),
  prepare: provideWebSocket,
});

export * from "./index.js";

/** A worker thread as hosts know workers. */
class NodeWorker implements WorkerLike {
  onmessage: ((message: MessageEvent<FromHost>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  // What the caller's Node was told of its own script does not fit this one.
  readonly #worker = new Worker(new URL("./node-worker.js", import.meta.url), { name: "wisteria host", execArgv: [] });

  constructor() {
    this.#worker.on("message", (data: FromHost) => this.onmessage?.({ data } as MessageEvent<FromHost>));
    this.#worker.on("error", (error: Error) => this.onerror?.({ message: error.message } as ErrorEvent));
  }

  postMessage(message: ToHost): void {
    this.#worker.postMessage(message);
  }

  terminate(): void {
    void this.#worker.terminate();
  }
}

/** Node's `fetch` reads no files: a `file:` address, or a path. */
function isFile(address: URL | string): boolean {
  return typeof address === "string" ? !/^[a-z][a-z0-9+.-]+:/i.test(address) || address.startsWith("file:") : address.protocol === "file:";
}

async function readAsResponse(address: URL | string): Promise<Response> {
  const path = typeof address === "string" && address.startsWith("file:") ? new URL(address) : address;
  return new Response(await readFile(path), { headers: { "content-type": "application/wasm" } });
}
