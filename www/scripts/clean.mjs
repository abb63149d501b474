// Removes what TypeScript and the scripts have built, and leaves what cargo has.

import { readdirSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
/** The tab host, and what reads manifests, in WebAssembly. */
const OF_CARGO = ["host", "host-wasmi", "manifests"];

let names = [];
try {
  names = readdirSync(dist);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
for (const name of names) if (!OF_CARGO.includes(name)) rmSync(new URL(name, dist), { recursive: true });
