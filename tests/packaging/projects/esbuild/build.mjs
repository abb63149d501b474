import { build } from "esbuild";

await build({
  entryPoints: ["main.js", "worker.js"],
  outdir: "dist",
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  loader: { ".wasm": "file" },
  logLevel: "error",
});
