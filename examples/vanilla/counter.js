// An actor that counts, in a host of this page.

import { Host } from "wisteria";

const REQUEST = { method: "GET", path: "/visits", queryString: "", header: {}, body: new Uint8Array() };

/** Joins a lattice and starts the actor, with a store that outlives the tab. */
export async function join({ bridge, token }) {
  const host = await Host.start({ bridge, token, allowUnsigned: true });
  const actor = await host.actors.start(new URL("counter.wasm", document.baseURI));
  const { providers } = await host.lattice.inventory(host.id);
  const store = providers.find(({ name }) => /^keyvalue-(opfs|indexeddb)$/.test(name)) ?? providers.find(({ name }) => name === "keyvalue-memory");
  await host.links.put({ actor_id: actor, provider_id: store.id, contract_id: "wasmcloud:keyvalue" });
  return {
    actor,
    /** Counts one more visit and returns how many there were. */
    async visit() {
      const { body } = await host.call(actor, "HttpServer.HandleRequest", REQUEST);
      return JSON.parse(new TextDecoder().decode(body)).counter;
    },
    leave: () => host.stop(),
  };
}
