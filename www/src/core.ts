// The tab host, from its WebAssembly and the JavaScript that belongs to it.

import { WisteriaError } from "./error.js";
import { buildOf } from "./wasm.js";

/** What the tab host brings, once it is loaded. */
export type Core = typeof import("./host/host.js");

/** The tab host of a module. */
export async function loadCore(module: WebAssembly.Module): Promise<Core> {
  const core = (await buildOf(module)) === "jspi" ? await import("./host/host.js") : await import("./host-wasmi/host.js");
  try {
    await core.default({ module_or_path: module });
  } catch (cause) {
    const why = WisteriaError.from(cause).message;
    throw new WisteriaError("wasm-invalid", `the WebAssembly is not of this version of the package: ${why}; give \`init\` the file of the version that is installed`, { cause });
  }
  return core;
}
