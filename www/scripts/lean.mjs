// Takes out of the scripts what only readers of the sources need, comments and blanks, before they are packed. Names stay, so that
// stacks and debuggers speak of what the sources do; the declarations have the documentation.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
/** The canvas is built small, and texts are no scripts. */
const DONE = /^(playground[\\/]|inlined)/;

for (const name of readdirSync(dist, { recursive: true })) {
  if (!name.endsWith(".js") || DONE.test(name)) continue;
  const file = join(dist, name);
  const options = { format: "esm", target: "es2022", minifyWhitespace: true, minifySyntax: true, legalComments: "inline" };
  const { code } = await transform(readFileSync(file, "utf8"), options);
  writeFileSync(file, code);
}
