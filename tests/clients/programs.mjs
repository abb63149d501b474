// The published clients, each in a program of its own that tells what became of its cases.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = here("../../target/python/bin/python");
// An example of the crate of tests, built with them.
const rust = here("../../target/debug/examples/clients");

/** Milliseconds that a whole table may take. */
const LIMIT = 120_000;

/** The tables: which client, by which transport, and the program to start. */
export const tables = [
  { name: "no library by TCP", transport: "tcp", program: [process.execPath, here("bytes/cases.mjs")] },
  { name: "no library by WebSocket", transport: "ws", program: [process.execPath, here("bytes/cases.mjs")] },
  { name: "async-nats by TCP", transport: "tcp", program: [rust] },
  { name: "async-nats by WebSocket", transport: "ws", program: [rust] },
  { name: "nats-py by TCP", transport: "tcp", program: [python, here("python/cases.py")] },
  { name: "nats-py by WebSocket", transport: "ws", program: [python, here("python/cases.py")] },
  { name: "@nats-io/transport-node by TCP", transport: "tcp", program: [process.execPath, here("node/cases.mjs")] },
  { name: "@nats-io/nats-core by WebSocket", transport: "ws", program: [process.execPath, here("node/cases.mjs")] },
];

/** The same clients, with what they do when a connection breaks. */
export const lives = [
  { name: "async-nats by TCP", transport: "tcp", program: [rust] },
  { name: "async-nats by WebSocket", transport: "ws", program: [rust] },
  { name: "nats-py by TCP", transport: "tcp", program: [python, here("python/life.py")] },
  { name: "nats-py by WebSocket", transport: "ws", program: [python, here("python/life.py")] },
  { name: "@nats-io/transport-node by TCP", transport: "tcp", program: [process.execPath, here("node/life.mjs")] },
  { name: "@nats-io/nats-core by WebSocket", transport: "ws", program: [process.execPath, here("node/life.mjs")] },
];

/** Runs a table on the server at `url`; resolves with the outcomes by case. */
export function outcomes({ name, program: [program, ...args] }, url) {
  return new Promise((resolve, reject) => {
    execFile(program, [...args, url], { timeout: LIMIT }, (error, stdout, stderr) => {
      if (error) return reject(new Error(`${name} broke on ${url}: ${error.message}\n${stdout}${stderr}`));
      const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
      resolve(new Map(rows.map((row) => [row.case, row.outcome])));
    });
  });
}
