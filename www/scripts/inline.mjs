// Makes the texts of `wisteria/inline` and `wisteria/inline-wasmi` of what is built.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compress, init } from "@bokuweb/zstd-wasm";
import { build } from "esbuild";

const dist = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/** The builds of the host, each with the texts that carry it. */
const BUILDS = [
  { folder: "host", other: "host-wasmi", name: "inlined.js" },
  { folder: "host-wasmi", other: "host", name: "inlined-wasmi.js" },
];

/** A worker has the JavaScript of the build that it comes with, and not that of the other. */
const without = (other) => ({
  name: "one-build",
  setup({ onLoad }) {
    const message = `this entry of wisteria has no ${other}.wasm; call \`init\` without a source, or import "wisteria"`;
    const contents = `throw Object.assign(new Error(${JSON.stringify(message)}), { code: "unsupported" });`;
    onLoad({ filter: new RegExp(`[\\\\/]${other}[\\\\/]host\\.js$`) }, () => ({ contents }));
  },
});

/** The level that packs most. */
const MOST = 22;

await init();
for (const { folder, other, name } of BUILDS) {
  const { outputFiles } = await build({
    entryPoints: [dist("inline-worker.js")],
    bundle: true,
    minify: true,
    // No module: pages of files may not start workers that are modules.
    format: "iife",
    target: "es2022",
    write: false,
    plugins: [without(other)],
  });
  const wasm = Buffer.from(compress(readFileSync(dist(`${folder}/host_bg.wasm`)), MOST)).toString("base64");
  writeFileSync(dist(name), `export const wasm = ${JSON.stringify(wasm)};\nexport const worker = ${JSON.stringify(outputFiles[0].text)};\n`);
}
