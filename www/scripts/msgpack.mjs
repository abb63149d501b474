// Puts the library's code in place of its name in what TypeScript has built.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const file = fileURLToPath(new URL("../dist/msgpack.js", import.meta.url));
const license = readFileSync(new URL("LICENSE", import.meta.resolve("@msgpack/msgpack/package.json")), "utf8");

await build({
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  format: "esm",
  target: "es2022",
  banner: { js: `/*! @msgpack/msgpack\n${license.trim().replaceAll("*/", "* /")}\n*/` },
});
