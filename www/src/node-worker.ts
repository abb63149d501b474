// The worker thread of Node in which a host lives.

import { parentPort } from "node:worker_threads";
import { WisteriaError } from "./error.js";
import { Hosting } from "./hosting.js";
import { provideWebSocket } from "./node-websocket.js";
import type { FromHost, ToHost } from "./protocol.js";

const post = (message: FromHost) => parentPort?.postMessage(message);
const hosting = new Hosting(post);
const prepared = provideWebSocket().then(
  () => undefined,
  (thrown: unknown) => WisteriaError.from(thrown),
);

parentPort?.on("message", async (message: ToHost) => {
  const error = await prepared;
  if (!error) return hosting.take(message);
  if ("id" in message) post({ id: message.id, error: { code: error.code, message: error.message } });
});
