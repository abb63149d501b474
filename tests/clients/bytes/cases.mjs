// The table of cases for a client without a library: says bytes to the server at a URL and prints what came back, one
// JSON line per case.

import { once } from "node:events";
import { connect } from "node:net";
import { bytes } from "./bytes.mjs";

/** Milliseconds after which a server that says nothing more counts as silent. */
const LIMIT = 10_000;

/** What a server tells of itself, as far as clients look at it. */
const FACTS = ["server_id", "server_name", "version", "proto", "host", "port", "headers", "max_payload"];
const CLIENTS_FACTS = ["client_id", "client_ip"];

/** A connection that has heard who the server is. */
async function open(url) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const heard = { said: "" };
  socket.setEncoding("utf8").on("data", (text) => (heard.said += text));
  // Whoever is cut off while it talks may hear of that by an error.
  socket.on("error", () => {});
  while (!heard.said.includes("\r\n")) await once(socket, "data");
  return { socket, heard };
}

/** What the server says to these bytes, sent so many at a time, and to a last question whether it is still there. */
async function answer(url, text, atATime) {
  const { socket, heard } = await open(url);
  const pongs = 1 + (text.match(/^PING\b/gm)?.length ?? 0);
  const end = new Promise((resolve) => {
    socket.on("close", () => resolve("cut off"));
    socket.on("data", () => heard.said.match(/^PONG\r\n/gm)?.length === pongs && resolve("still there"));
    setTimeout(resolve, LIMIT, "silent").unref();
  });
  // After a line that never ends nothing can be asked.
  const all = Buffer.from(text.endsWith("\n") ? `${text}PING\r\n` : text);
  for (let at = 0; at < all.length && socket.writable; at += atATime) {
    await new Promise((resolve) => socket.write(all.subarray(at, at + atATime), resolve));
  }
  const outcome = await end;
  socket.destroy();
  // Bytes that meet a closed door may take the last words with them.
  if (outcome === "cut off" && atATime < all.length) return [outcome];
  const lines = heard.said.split("\r\n").filter((line) => line && !line.startsWith("INFO "));
  // A NATS server sometimes complains twice of one thing.
  return [...lines.filter((line, place) => !line.startsWith("-ERR") || line !== lines[place - 1]), outcome];
}

/** The types of what a server tells of itself. */
async function facts(url) {
  const { socket, heard } = await open(url);
  socket.destroy();
  const info = JSON.parse(/^INFO (\{.*\}) ?\r\n$/.exec(heard.said)[1]);
  return Object.fromEntries([...FACTS, ...CLIENTS_FACTS].map((fact) => [fact, typeof info[fact]]));
}

const url = process.argv[2];
const tell = (name, outcome) => console.log(JSON.stringify({ case: name, outcome }));
tell("INFO", await facts(url));
for (const [name, text] of Object.entries(bytes)) {
  tell(name, await answer(url, text, Infinity));
  tell(`${name}, byte by byte`, await answer(url, text, 1));
}
