// The table of cases for a client without a library: says bytes to the server at a URL and prints what came back, one
// JSON line per case.

import { bytes } from "./bytes.mjs";
import { open } from "./connections.mjs";

/** Milliseconds after which a server that says nothing more counts as silent. */
const LIMIT = 10_000;

/** What a server tells of itself, as far as clients look at it. */
const FACTS = ["server_id", "server_name", "version", "proto", "host", "port", "headers", "max_payload"];
const CLIENTS_FACTS = ["client_id", "client_ip"];

/** What the server says to these bytes, sent so many at a time, and to a last question whether it is still there. */
async function answer(url, text, atATime) {
  const connection = await open(url);
  const greeting = connection.said.length;
  const pongs = 1 + (text.match(/^PING\b/gm)?.length ?? 0);
  let isOver = false;
  const end = Promise.race([
    connection.closed,
    new Promise((resolve) => {
      connection.heard = () => connection.said.match(/^PONG\r\n/gm)?.length === pongs && resolve("still there");
    }),
    new Promise((resolve) => setTimeout(resolve, LIMIT, "silent").unref()),
  ]).finally(() => (isOver = true));
  // After a line that never ends nothing can be asked.
  const all = Buffer.from(text.endsWith("\n") ? `${text}PING\r\n` : text);
  for (let at = 0; at < all.length && !isOver; at += atATime) await connection.send(all.subarray(at, at + atATime));
  const outcome = await end;
  connection.leave();
  // Bytes that meet a closed door may take the last words with them. In a WebSocket a NATS server never says last words
  // to bytes that it cannot read, nor the status of a breach of the protocol.
  const isLost = outcome.startsWith("cut off") && atATime < all.length;
  if (isLost || /^cut off with (1002|1006)$/.test(outcome)) return ["cut off"];
  const lines = connection.said.slice(greeting).split("\r\n").filter((line) => line && !line.startsWith("INFO "));
  // A NATS server sometimes complains twice of one thing.
  return [...lines.filter((line, place) => !line.startsWith("-ERR") || line !== lines[place - 1]), outcome];
}

/** The types of what a server tells of itself. */
async function facts(url) {
  const { said, leave } = await open(url);
  leave();
  const info = JSON.parse(/^INFO (\{.*\}) ?\r\n$/.exec(said)[1]);
  return Object.fromEntries([...FACTS, ...CLIENTS_FACTS].map((fact) => [fact, typeof info[fact]]));
}

const url = process.argv[2];
const tell = (name, outcome) => console.log(JSON.stringify({ case: name, outcome }));
tell("INFO", await facts(url));
for (const [name, text] of Object.entries(bytes)) {
  tell(name, await answer(url, text, Infinity));
  tell(`${name}, byte by byte`, await answer(url, text, 1));
}
