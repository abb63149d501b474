// The entry of the package for pages that are one file: WebAssembly and worker are texts in the script.

import { wasm, worker } from "./inlined.js";
import { enterInline } from "./inlining.js";

enterInline(wasm, worker);

export * from "./index.js";
