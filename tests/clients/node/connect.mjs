// Connects by the transport that a URL names: TCP for nats://, WebSocket for ws://.

import { wsconnect } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { WebSocket } from "ws";

// What every browser and newer Node has.
globalThis.WebSocket ??= WebSocket;

/** A client of the server at `url`. */
export function connectTo(url, options) {
  return (url.startsWith("ws:") ? wsconnect : connect)({ servers: url, ...options });
}
