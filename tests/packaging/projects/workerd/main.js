// A host in workerd: says what it saw in a line, and stays until whoever asked goes away.

import { Host, init } from "wisteria/workerd";
import module from "wisteria/host-wasmi.wasm";
import { enter } from "../../scenario.mjs";

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/uninitialised") {
      return new Response(await Host.start({ worker: false, bridge: "ws://127.0.0.1:1/lattice" }).catch(({ code, message }) => `${code}: ${message}`));
    }
    await init(module);
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    const say = (text) => writer.write(new TextEncoder().encode(`${text}\n`));
    const work = async () => {
      try {
        const { host, seen } = await enter((options) => Host.start({ ...options, worker: false }), await request.json());
        await say(JSON.stringify(seen));
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        await host.stop();
      } catch (error) {
        await say(JSON.stringify({ failed: `${error.code}: ${error.message}\n${error.stack}` }));
        await writer.close();
      }
    };
    void work();
    return new Response(readable);
  },
};
