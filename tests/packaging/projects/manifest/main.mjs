// Applies a manifest by the package, and says what came of it.

import { readFileSync, writeFileSync } from "node:fs";
import { Host } from "wisteria";
import { Applications } from "wisteria/manifests";

const { bridge } = JSON.parse(readFileSync(new URL("task.json", import.meta.url), "utf8"));
const counter = (image, image_of_store = "keyvalue-memory") => ({
  apiVersion: "core.oam.dev/v1beta1",
  kind: "Application",
  metadata: { name: "counter" },
  spec: {
    components: [
      {
        name: "counter",
        type: "actor",
        properties: { image },
        traits: [
          { type: "spreadscaler", properties: { replicas: 2, spread: [{ requirements: { role: "node" } }] } },
          { type: "linkdef", properties: { target: "store" } },
        ],
      },
      { name: "store", type: "capability", properties: { image: image_of_store, contract: "wasmcloud:keyvalue" } },
    ],
  },
});
const outcome = (work) => work.then((value) => ({ value }), ({ code, message }) => ({ code, message }));
const all = async (steps) => {
  const taken = [];
  for await (const step of steps) taken.push(step);
  return taken;
};

await using host = await Host.start({ bridge, allowUnsigned: true, labels: { role: "node" } });
const apps = new Applications(host);
const options = { base: import.meta.url };
const manifest = counter("counter.wasm");
const seen = {
  id: host.id,
  planned: await apps.plan(manifest, options),
  taken: await all(apps.apply(manifest, options)),
};
const request = { method: "GET", path: "/hello", queryString: "", header: {}, body: new Uint8Array() };
const { body } = await host.call(seen.taken[0].key, "HttpServer.HandleRequest", request, { deadline: 10_000 });
seen.answer = JSON.parse(new TextDecoder().decode(body));
seen.left = await apps.plan(manifest, options);
seen.exported = await apps.export("mine");
seen.wrong = await outcome(apps.plan({ ...manifest, kind: "Aplication" }));
seen.missing = await outcome(apps.plan(counter("none.wasm"), options));
const elsewhere = structuredClone(manifest);
elsewhere.spec.components[0].traits[0].properties.spread[0].requirements.role = "nowhere";
seen.nowhere = await outcome(apps.plan(elsewhere, options));

// The same actor, as it is signed twice.
const sign = async (revision) => {
  const claims = { name: "Signed", revision, capabilities: ["wasmcloud:keyvalue", "wasmcloud:httpserver", "wasmcloud:builtin:logging"] };
  writeFileSync(new URL("signed.wasm", import.meta.url), await host.sign(readFileSync(new URL("counter.wasm", import.meta.url)), claims));
};
await sign(1);
const signed = counter("signed.wasm");
const [{ key }] = await all(apps.apply(signed, options));
await sign(2);
seen.updated = { key, steps: await all(apps.apply(signed, options)), left: await apps.plan(signed, options) };
seen.updated.actor = (await host.lattice.inventory(host.id)).actors.find(({ id }) => id === key);
console.log(JSON.stringify(seen));
