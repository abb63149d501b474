// Removes what TypeScript and the scripts have built, and leaves what cargo and the playground have.

import { readdirSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
/** The tab host, the broker of tabs and what reads manifests, in WebAssembly, and the playground's canvas. */
const OF_OTHERS = ["host", "host-wasmi", "broker", "manifests", "playground"];

let names = [];
try {
  names = readdirSync(dist);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
for (const name of names) if (!OF_OTHERS.includes(name)) rmSync(new URL(name, dist), { recursive: true });
