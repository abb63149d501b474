// The tab host's WebAssembly, as the bundler at hand imports such files: a module, its bytes, or its address. For `init`.

import type { WasmSource } from "../dist/wasm.js";

declare const file: WasmSource;
export default file;
