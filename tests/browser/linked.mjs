// A linked actor without a module: a NATS client that calls providers in an actor's name.

import { randomUUID } from "node:crypto";
import { decode, encode } from "@msgpack/msgpack";
import { connect } from "@nats-io/transport-node";
import assert from "node:assert/strict";
import { freeAddress } from "./http.mjs";
import { startServer } from "./server.mjs";

/** The actor: the key of 32 bytes that are 1. Nobody has its secret. */
export const ACTOR = "MAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLWY";

/** Starts a server that everybody may join, tabs and NATS clients alike. */
export async function startOpenServer(...options) {
  const address = await freeAddress();
  const server = await startServer({ lattice: "embedded", options: ["--open", "--nats-listen", address, ...options] });
  return Object.assign(server, { nats: `nats://${address}` });
}

/** Links the actor to a provider of a contract; resolves with what calls it, `call(operation, argument)`, and what ends that. */
export async function linkedTo(server, provider, contract, values = [], linkName = "default") {
  const put = await server.cli("link", "put", ACTOR, provider, contract, ...values, "--link-name", linkName);
  assert.equal(put.code, 0, put.stderr);
  const client = await connect({ servers: server.nats });
  const target = { public_key: provider, contract_id: contract, link_name: linkName };
  /** The reply, or `{ code, message }`. */
  const call = async (operation, argument) => {
    const msg = argument === undefined ? new Uint8Array() : encode(argument);
    const id = randomUUID();
    const origin = { public_key: ACTOR, contract_id: "", link_name: "" };
    const invocation = { origin, target, operation, msg, id, encoded_claims: "", host_id: "", content_length: msg.length };
    const subject = `wasmbus.rpc.default.${provider}.${linkName}`;
    const { data, headers } = await client.request(subject, encode(invocation), { timeout: 10_000 });
    const reply = decode(data);
    if (reply.error) return { code: headers?.get("Wisteria-Error"), message: reply.error };
    return { reply: reply.msg.length ? decode(reply.msg) : null };
  };
  /** Has `handle(operation, argument)` answer what the provider calls; what it throws is the actor's failure. */
  const answering = (handle) => {
    const answer = async (message) => {
      const { id, operation, msg } = decode(message.data);
      const reply = { invocation_id: id, msg: new Uint8Array(), content_length: 0 };
      try {
        const value = await handle(operation, decode(msg));
        if (value !== undefined) reply.msg = encode(value);
        reply.content_length = reply.msg.length;
      } catch (error) {
        reply.error = error.message;
      }
      message.respond(encode(reply));
    };
    return client.subscribe(`wasmbus.rpc.default.${ACTOR}`, { callback: (_, message) => void answer(message) });
  };
  return { actor: ACTOR, client, call, answering, stop: () => client.close() };
}
