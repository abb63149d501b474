// A host in Node: says what it saw, and stays until its input ends.

import { readFileSync } from "node:fs";
import { Host } from "wisteria";
import { enter } from "../../scenario.mjs";

process.on("unhandledRejection", (reason) => {
  throw reason;
});

const { host, seen } = await enter((options) => Host.start(options), JSON.parse(readFileSync(new URL("task.json", import.meta.url), "utf8")));
console.log(JSON.stringify(seen));
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
await host.stop();
