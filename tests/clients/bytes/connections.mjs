// A connection without a library, by the transport that a URL names: bytes as they are, or in binary frames.

import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

/**
 * Connects to the server at `url`. Resolves once it has said who it is, with what it `said` so far, which grows; with
 * `closed`, which resolves with how the server closed the connection; and with `heard`, which is called at all it says.
 */
export async function open(url) {
  const connection = { said: "", heard: () => {} };
  const hear = (bytes) => {
    connection.said += bytes;
    connection.heard();
  };
  const greeted = new Promise((resolve) => {
    connection.heard = () => connection.said.includes("\r\n") && resolve();
  });
  Object.assign(connection, await (url.startsWith("ws:") ? byFrames : byBytes)(url, hear));
  await greeted;
  connection.heard = () => {};
  return connection;
}

async function byBytes(url, hear) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.setEncoding("utf8").on("data", hear);
  // Whoever is cut off while it talks may hear of that by an error.
  socket.on("error", () => {});
  return {
    send: (bytes) => new Promise((resolve) => socket.write(bytes, resolve)),
    closed: new Promise((resolve) => socket.on("close", () => resolve("cut off"))),
    leave: () => socket.destroy(),
  };
}

async function byFrames(url, hear) {
  const socket = new WebSocket(url);
  socket.on("message", (bytes) => hear(bytes.toString("utf8")));
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.on("close", (status) => resolve(`cut off with ${status}`)));
  await once(socket, "open");
  return { send: (bytes) => new Promise((resolve) => socket.send(bytes, resolve)), closed, leave: () => socket.terminate() };
}
