// HTTP as a user of an actor speaks it.

import { createServer } from "node:http";
import { once } from "node:events";

/** An address that was free a moment ago, `127.0.0.1:PORT`. */
export async function freeAddress() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

/** Asks for a path; resolves with the status, the text, the JSON if it is some, and the error code of a failed call. */
export async function get(address, path) {
  const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(20_000) });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") || text.startsWith("{") ? JSON.parse(text) : undefined;
  return { status: response.status, text, json, error: response.headers.get("wisteria-error") };
}
