import { build } from "esbuild";

await build({
  entryPoints: ["main.js"],
  outdir: "dist",
  bundle: true,
  format: "esm",
  target: "es2022",
  conditions: ["workerd"],
  // It is deployed as a module beside the script.
  external: ["wisteria/host-wasmi.wasm"],
  logLevel: "error",
});
