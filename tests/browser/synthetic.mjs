// Hosts that are none: a NATS client that answers for as many as a test wants, with actors, providers and links, and tells of
// calls that nobody makes.

import { randomBytes } from "node:crypto";
import { connect } from "@nats-io/transport-node";
import { encode } from "@msgpack/msgpack";

const LATTICE = "default";
/** Milliseconds between two times that a host tells of calls. */
const WINDOW = 100;
const CONTRACTS = ["wasmcloud:keyvalue", "wasmcloud:messaging", "wasmcloud:blobstore"];

/**
 * Joins a lattice that is open to all. `hosts` have `actors` and three providers each; every actor is linked to two of
 * them. `tell(calls)` has them tell of so many calls a second, all together, until `stop`.
 */
export async function startSyntheticHosts(url, { hosts, actors }) {
  const client = await connect({ servers: url });
  const all = Array.from({ length: hosts }, (_, at) => newHost(at, actors));
  for (const host of all) {
    for (const provider of host.providers) answer(client, `wasmbus.rpc.${LATTICE}.${provider.id}.*.linkdefs.*`, () => encode({ accepted: true, error: "" }));
    answer(client, `wasmbus.ctl.${LATTICE}.get.${host.id}.inv`, () => JSON.stringify(inventoryOf(host)));
  }
  client.subscribe(`wasmbus.ctl.${LATTICE}.ping.hosts`, {
    callback: (_, message) => all.forEach((host) => client.publish(message.reply, JSON.stringify(summaryOf(host)))),
  });
  await client.flush();
  for (const link of all.flatMap(linksOf)) {
    const reply = await client.request(`wasmbus.ctl.${LATTICE}.linkdefs.put`, JSON.stringify(link), { timeout: 5000 });
    const { accepted, error } = reply.json();
    if (!accepted) throw new Error(`the keeper refuses a link: ${error}`);
  }
  let telling;
  return {
    links: all.flatMap(linksOf).length,
    nodes: all.length * (1 + actors + CONTRACTS.length),
    tell(calls) {
      clearInterval(telling);
      const each = Math.max(1, Math.round((calls * WINDOW) / 1000 / all.length));
      telling = setInterval(() => {
        for (const host of all) client.publish(`wisteria.calls.${LATTICE}.${host.id}`, encode(observationOf(host, each)));
      }, WINDOW);
    },
    async stop() {
      clearInterval(telling);
      await client.close();
    },
  };
}

function answer(client, subject, reply) {
  client.subscribe(subject, { callback: (_, message) => message.respond(reply()) });
}

function newHost(at, actors) {
  return {
    id: key("N"),
    name: `synthetic-${at}`,
    actors: Array.from({ length: actors }, (_, index) => ({ id: key("M"), name: `actor-${at}-${index}` })),
    providers: CONTRACTS.map((contract) => ({ id: key("V"), contract })),
  };
}

const linksOf = ({ actors, providers }) =>
  actors.flatMap((actor, at) =>
    [providers[at % 3], providers[(at + 1) % 3]].map((provider) => ({
      actor_id: actor.id,
      provider_id: provider.id,
      contract_id: provider.contract,
      link_name: "default",
      values: {},
    })),
  );

const summaryOf = ({ id, name }) => ({
  id,
  friendly_name: name,
  labels: { kind: "server", rack: "synthetic" },
  uptime_seconds: 60,
  uptime_human: "1m",
  version: "0.1.0",
  lattice_prefix: LATTICE,
  presence: "live",
});

const inventoryOf = ({ id, name, actors, providers }) => ({
  host_id: id,
  friendly_name: name,
  labels: { kind: "server", rack: "synthetic" },
  actors: actors.map((actor) => ({ ...actor, instances: [{ instance_id: "1", revision: 0, max_concurrent: 4 }] })),
  providers: providers.map((provider) => ({
    id: provider.id,
    contract_id: provider.contract,
    link_name: "default",
    name: provider.contract.replace("wasmcloud:", ""),
  })),
});

/** So many calls of a host, each by a link of its own as far as there are some. */
function observationOf(host, count) {
  const links = linksOf(host);
  const at = Date.now();
  const calls = Array.from({ length: count }, () => links[Math.floor(Math.random() * links.length)]).map(
    ({ actor_id, provider_id, contract_id }) => ({
      trace: randomBytes(16).toString("hex"),
      span: randomBytes(8).toString("hex"),
      origin: actor_id,
      target: provider_id,
      contract: contract_id,
      link_name: "default",
      operation: "KeyValue.Get",
      began: at - 10,
      waited: 0.1,
      took: 1 + Math.random() * 4,
      bytes_in: 6,
      bytes_out: 200,
      input: encode("hello"),
      output: randomBytes(200),
    }),
  );
  const edges = calls.map(({ origin, target, contract, link_name, took }) => {
    return { origin, target, contract, link_name, count: 1, failed: 0, took, slowest: took, p50: took };
  });
  const actors = calls.map(({ origin }) => ({ actor: origin, waiting: 0, busy: 1, instances: 4 }));
  return { host: host.id, at, window: WINDOW, edges, calls, dropped: 0, actors, logs: [] };
}

const PREFIXES = { N: 13, M: 12, V: 21 };
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A key that nobody has the secret of. */
function key(kind) {
  const body = Buffer.concat([Buffer.from([PREFIXES[kind] << 3]), randomBytes(32)]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc16(body));
  let bits = "";
  for (const byte of Buffer.concat([body, sum])) bits += byte.toString(2).padStart(8, "0");
  return bits.match(/.{1,5}/g).map((part) => ALPHABET[parseInt(part.padEnd(5, "0"), 2)]).join("");
}

function crc16(bytes) {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? ((sum << 1) ^ 0x1021) & 0xffff : (sum << 1) & 0xffff;
  }
  return sum;
}
