// Puts the code of libraries in place of their names in what TypeScript has built.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIBRARIES = { "msgpack.js": "@msgpack/msgpack", "zstd.js": "fzstd" };

for (const [name, library] of Object.entries(LIBRARIES)) {
  const file = fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
  const license = readFileSync(new URL(`../../node_modules/${library}/LICENSE`, import.meta.url), "utf8");
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    target: "es2022",
    banner: { js: `/*! ${library}\n${license.trim().replaceAll("*/", "* /")}\n*/` },
  });
}
