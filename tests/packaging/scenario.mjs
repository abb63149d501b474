// What every project does with the package: it joins, runs an actor with a provider of its own, and calls another's.

/**
 * Joins by `start`, `Host.start` or what stands for it. `module` is the actor's, in base64; `remote` is an actor elsewhere that
 * answers `upper`. Runs in pages as well, so that it sees nothing but its arguments.
 */
export async function enter(start, { bridge, module, remote, options = {} }) {
  const host = await start({ bridge, allowUnsigned: true, ...options });
  const actor = await host.actors.start(Uint8Array.from(atob(module), (character) => character.charCodeAt(0)));
  const { providers } = await host.lattice.inventory(host.id);
  const store = ["keyvalue-opfs", "keyvalue-indexeddb", "keyvalue-memory"].flatMap((name) => providers.filter((provider) => provider.name === name)).at(0);
  await host.links.put({ actor_id: actor, provider_id: store.id, contract_id: "wasmcloud:keyvalue" });
  const request = { method: "GET", path: "/packed", queryString: "", header: {}, body: new Uint8Array() };
  const answers = [];
  for (let count = 0; count < 2; count++) {
    const { body } = await host.call(actor, "HttpServer.HandleRequest", request, { deadline: 10_000 });
    answers.push(JSON.parse(new TextDecoder().decode(body)).counter);
  }
  const upper = await host.call(remote, "upper", new TextEncoder().encode("from afar"), { raw: true, deadline: 10_000 });
  return { host, seen: { id: host.id, actor, engine: host.engine, store: store.name, answers, upper: new TextDecoder().decode(upper) } };
}
