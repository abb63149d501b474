// A host in Node: `node main.js counter.wasm ws://127.0.0.1:7700/lattice [TOKEN]` runs an actor until Ctrl+C.

import { Host } from "wisteria";

const [module, bridge, token] = process.argv.slice(2);
if (!module || !bridge) {
  console.error("say which module to run and which lattice to join: node main.js counter.wasm ws://127.0.0.1:7700/lattice");
  process.exit(2);
}

const host = await Host.start({ bridge, token, allowUnsigned: true, labels: { runtime: "node" } });
const actor = await host.actors.start(module);
const { providers } = await host.lattice.inventory(host.id);
const store = providers.find(({ name }) => name === "keyvalue-memory");
await host.links.put({ actor_id: actor, provider_id: store.id, contract_id: "wasmcloud:keyvalue" });
console.info(`${actor} runs on ${host.id}, by ${host.engine}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await host.stop();
    console.info("left");
  });
}
