// A program outside the lattice's own: a NATS client that calls actors and asks hosts, as wasmCloud's clients do.

import { decode, encode } from "@msgpack/msgpack";
import { connect, createInbox, credsAuthenticator, headers } from "@nats-io/transport-node";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const LATTICE = "default";

/** The key of the user whose claims a `.creds` file holds. */
function userOf(creds) {
  const [, claims] = /JWT-----\n\S+?\.(\S+?)\./.exec(creds);
  return JSON.parse(Buffer.from(claims, "base64url")).sub;
}

/** Joins the lattice at a server's port for NATS clients, with what is in a `.creds` file. */
export async function joinByNats(address, creds) {
  const text = readFileSync(creds);
  // Each user hears its own inbox only.
  const inboxPrefix = `_INBOX.${userOf(text.toString())}`;
  const connection = await connect({
    servers: address,
    name: "chaos",
    authenticator: credsAuthenticator(text),
    inboxPrefix,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 0,
  });
  const inbox = createInbox(inboxPrefix);
  const waiting = new Map();
  connection.subscribe(`${inbox}.*`, { callback: (_, message) => waiting.get(message.subject)?.(message) });

  /** Publishes a request; `hear` gets each reply until the returned function is called. */
  function ask(subject, payload, { header, hear }) {
    const reply = `${inbox}.${randomUUID()}`;
    waiting.set(reply, hear);
    connection.publish(subject, payload, { reply, headers: header });
    return () => waiting.delete(reply);
  }

  /** Resolves with the first reply, or with nothing after `limit` milliseconds. */
  async function first(subject, payload, limit, header) {
    const late = new AbortController();
    let end;
    const reply = new Promise((resolve) => (end = ask(subject, payload, { header, hear: resolve })));
    try {
      return await Promise.race([reply, pause(limit, undefined, { signal: late.signal }).catch(() => {})]);
    } finally {
      late.abort();
      end();
    }
  }

  return {
    /**
     * Calls an actor. Resolves with `{ reply }`, `{ code, message }`, or nothing where no answer came within the
     * deadline and `patience` milliseconds.
     */
    async call(actor, operation, argument, { deadline, patience }) {
      const header = headers();
      header.set("Wisteria-Deadline", String(deadline));
      const message = await first(`wasmbus.rpc.${LATTICE}.${actor}`, invocation(actor, operation, argument), deadline + patience, header);
      return message && outcome(message);
    },

    /** The keys of the hosts that answer, within `limit` milliseconds, once `enough` says so or the time is over. */
    async hosts(limit, enough) {
      const found = new Set();
      const late = new AbortController();
      const end = ask(`wasmbus.ctl.${LATTICE}.ping.hosts`, "", {
        hear(message) {
          if (message.data.length > 0) found.add(message.json().id);
          if (enough(found)) late.abort();
        },
      });
      await pause(limit, undefined, { signal: late.signal }).catch(() => {});
      end();
      return found;
    },

    /** What runs on a host; nothing where it does not answer. */
    async inventory(host, limit) {
      const message = await first(`wasmbus.ctl.${LATTICE}.get.${host}.inv`, "", limit);
      return message?.data.length > 0 ? message.json() : undefined;
    },

    close: () => connection.close(),
  };
}

/** The body of a call in MessagePack. */
function invocation(actor, operation, argument) {
  const nobody = { public_key: "", contract_id: "", link_name: "" };
  return encode({
    origin: { ...nobody, public_key: "chaos" },
    target: { ...nobody, public_key: actor },
    operation,
    msg: argument,
    id: randomUUID(),
    encoded_claims: "",
    host_id: "",
  });
}

function outcome(message) {
  if (message.data.length === 0 && message.headers?.code === 503) {
    const isLost = (message.headers.description || message.headers.get("Description")) === "Host Lost";
    return { code: isLost ? "host-lost" : "no-responders", message: "the broker says so" };
  }
  const { msg, error } = decode(message.data);
  return error ? { code: message.headers?.get("Wisteria-Error") ?? "", message: error } : { reply: msg };
}
