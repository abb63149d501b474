// Joins the lattice that the address names, and counts visits in an actor that runs in this tab.

import { join } from "./counter.js";

const [state, button, output] = ["#state", "button", "output"].map((selector) => document.querySelector(selector));
const query = new URLSearchParams(location.search);

try {
  const counter = await join({ bridge: query.get("bridge") ?? undefined, token: query.get("token") ?? undefined });
  state.textContent = `${counter.actor} runs in this tab`;
  button.disabled = false;
  button.onclick = async () => (output.value = await counter.visit());
} catch (error) {
  state.textContent = `${error.code}: ${error.message}`;
}
