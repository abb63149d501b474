// Makes the texts of `wisteria/inline` and `wisteria/inline-wasmi` of what is built.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const dist = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [dist("inline-worker.js")],
  bundle: true,
  minify: true,
  // No module: pages of files may not start workers that are modules.
  format: "iife",
  target: "es2022",
  write: false,
});
const worker = outputFiles[0].text;

for (const [folder, name] of [["host", "inlined.js"], ["host-wasmi", "inlined-wasmi.js"]]) {
  const wasm = gzipSync(readFileSync(dist(`${folder}/host_bg.wasm`)), { level: 9 }).toString("base64");
  writeFileSync(dist(name), `export const wasm = ${JSON.stringify(wasm)};\nexport const worker = ${JSON.stringify(worker)};\n`);
}
