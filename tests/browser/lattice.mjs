// Where the lattice of the tests lives: the same cases run in each of these.

import { startNats } from "./nats.mjs";

/** What each needs beside the server: the server's options, and how to stop it. */
const LATTICES = {
  /** In the server. */
  embedded: async () => ({ source: [], stopLattice: async () => {} }),
  /** On a NATS server; tabs join through the server that they came from. */
  nats: async () => {
    const { urls, stop } = await startStore();
    return { source: ["--nats", urls.tcp], stopLattice: stop };
  },
  /** On a NATS server; tabs join it themselves. */
  "nats-direct": async () => {
    const { urls, stop } = await startStore();
    return { source: ["--nats", urls.tcp, "--nats-websocket", urls.ws], stopLattice: stop };
  },
};

/** Links and claims of the lattice live in JetStream. */
async function startStore() {
  const nats = await startNats('jetstream { store_dir: "STORE" }');
  console.log(`the lattice is on nats-server ${/Version:\s+(\S+)/.exec(nats.output())[1]}`);
  return nats;
}

/** The name of the lattice that the cases run in. */
export const latticeOfThisRun = process.env.WISTERIA_TEST_LATTICE ?? "embedded";

/** Starts what a server needs for a lattice. */
export function startLattice(name) {
  const start = LATTICES[name];
  if (!start) throw new Error(`WISTERIA_TEST_LATTICE is ${name}; it can be ${Object.keys(LATTICES).join(", ")}`);
  return start();
}
