import { Host, init } from "wisteria";
// esbuild carries files along by the loader `file`, and gives their addresses.
import fast from "wisteria/host.wasm";
import anywhere from "wisteria/host-wasmi.wasm";

window.start = async (options) => {
  await init(new URL("Suspending" in WebAssembly ? fast : anywhere, import.meta.url));
  return Host.startIn(new Worker("/worker.js", { type: "module" }), options);
};
