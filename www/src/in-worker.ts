// What the worker of a host loads.

import { Hosting } from "./hosting.js";
import { ownUrl } from "./own-files.js";
import type { FromHost } from "./protocol.js";
import { compile, fittingBuild } from "./wasm.js";

/** A host that gets the package's own WebAssembly by itself where the page hands it none. */
export function hosting(post: (message: FromHost) => void): Hosting {
  return new Hosting(post, { wasm: () => compile(fetch(ownUrl(fittingBuild())), fetch), tabs: () => import("./tab-lattice.js") });
}
