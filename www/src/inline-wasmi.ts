// The same with the build that runs in every browser, also where WebAssembly cannot suspend.

import { wasm, worker } from "./inlined-wasmi.js";
import { enterInline } from "./inlining.js";

enterInline(wasm, worker);

export * from "./index.js";
