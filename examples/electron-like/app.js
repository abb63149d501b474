// The page: joins, runs the module that is chosen, and counts visits.

import { Host } from "wisteria/inline";

const REQUEST = { method: "GET", path: "/visits", queryString: "", header: {}, body: new Uint8Array() };
const [state, input, button, output] = ["#state", "input", "button", "output"].map((selector) => document.querySelector(selector));
// What the preload script hands over; a browser has the address.
const { bridge, token } = window.settings ?? Object.fromEntries(new URLSearchParams(location.search));

const attempt = (work) => work().catch((error) => (state.textContent = `${error.code}: ${error.message}`));

attempt(async () => {
  const host = await Host.start({ bridge, token, allowUnsigned: true });
  state.textContent = "joined; choose an actor";
  input.onchange = () =>
    attempt(async () => {
      const actor = await host.actors.start(input.files[0]);
      const { providers } = await host.lattice.inventory(host.id);
      const store = providers.find(({ name }) => name === "keyvalue-memory");
      await host.links.put({ actor_id: actor, provider_id: store.id, contract_id: "wasmcloud:keyvalue" });
      state.textContent = `${actor} runs in this window`;
      button.disabled = false;
      button.onclick = () =>
        attempt(async () => {
          const { body } = await host.call(actor, "HttpServer.HandleRequest", REQUEST);
          output.value = JSON.parse(new TextDecoder().decode(body)).counter;
        });
    });
});
