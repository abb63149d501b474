// The package's own WebAssembly, named so that bundlers see it and carry it along.

import type { Build } from "./wasm.js";

/** Where the file of a build is, beside this script. */
export function ownUrl(build: Build): URL {
  // Each address is written out, as bundlers read it.
  return build === "jspi" ? new URL("./host/host_bg.wasm", import.meta.url) : new URL("./host-wasmi/host_bg.wasm", import.meta.url);
}
