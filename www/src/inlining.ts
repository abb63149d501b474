// How a script gets WebAssembly and a worker out of its own texts.

import type { WorkerLike } from "./remote.js";
import { enter } from "./surroundings.js";
import { decompress } from "./zstd.js";

/** Has hosts start with WebAssembly that is compressed by Zstandard and written in base64, and with that worker. */
export function enterInline(wasm: string, worker: string): void {
  let address: string | undefined;
  enter({
    ownFile: async () => {
      const bytes = Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0));
      // Streams of the browser know gzip alone, which takes a fifth more.
      return new Response(decompress(bytes) as Uint8Array<ArrayBuffer>, { headers: { "content-type": "application/wasm" } });
    },
    startWorker: () => {
      address ??= URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
      return new Worker(address, { name: "wisteria host" }) as unknown as WorkerLike;
    },
  });
}
