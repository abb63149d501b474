// Has the compiler of AssemblyScript load a part of itself from its own text instead of from an address.

import type { Plugin } from "vite";

const FETCHED = /WebAssembly\.instantiateStreaming\(fetch\((\w+)\)\)/;

/**
 * Servers let their page fetch from nowhere but themselves (`default-src 'self'`). The compiler has a little WebAssembly of its
 * own in a `data:` address, which it fetches; here it decodes that.
 */
export const noDataFetch: Plugin = {
  name: "no-data-fetch",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/assemblyscript/dist/assemblyscript.js")) return undefined;
    const without = code.replace(
      FETCHED,
      (_, address: string) =>
        `WebAssembly.instantiate(Uint8Array.from(atob(${address}.split(",")[1]), (letter) => letter.charCodeAt(0)))`,
    );
    if (without === code) this.error("the compiler has changed; look whether it still fetches a data: address");
    return without;
  },
};
