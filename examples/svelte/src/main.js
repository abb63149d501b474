import { mount } from "svelte";
import Counter from "./Counter.svelte";

const query = new URLSearchParams(location.search);

mount(Counter, {
  target: document.getElementById("root"),
  props: { bridge: query.get("bridge") ?? undefined, token: query.get("token") ?? undefined },
});
