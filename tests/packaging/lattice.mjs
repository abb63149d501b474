// The lattice that projects join: a server with an actor for them to call, which then calls theirs.

import assert from "node:assert/strict";
import { withCustomSection } from "../browser/module.mjs";
import { moduleBytes, modulePath } from "../browser/paths.mjs";
import { startServer } from "../browser/server.mjs";
import { until } from "../browser/until.mjs";

/** Starts a server that pages of all origins may join. */
export async function startForProjects() {
  const server = await startServer({ options: ["--allow-origin", "*", "--insecure", "--open"] });
  const remote = await server.run("start", "actor", modulePath("wapc_upper"));
  let projects = 0;
  /** Calls an actor that counts; resolves with its counter. */
  async function visit(actor, path) {
    const request = { method: "GET", path, queryString: "", header: {}, body: { base64: "" } };
    const reply = await server.run("call", actor, "HttpServer.HandleRequest", JSON.stringify(request), "--timeout", "10", "--raw");
    return Number(/"counter":(\d+)/.exec(reply)?.[1]);
  }

  return {
    stop: server.stop,
    /** Has the server call an example's actor. */
    visit: (actor) => visit(actor, "/visits"),
    /** What a project is to join with: an actor of its own, so that calls reach it and none of those before. */
    task() {
      const module = withCustomSection(moduleBytes("kv_counter"), "project", `number ${projects++}`);
      return { bridge: server.bridge, remote, module: module.toString("base64") };
    },
    /** Holds what a project has seen to what it should have, and has the server call its actor. */
    async confirm(seen, { engine, store }) {
      const { id, actor, answers, upper } = seen;
      assert.equal(seen.engine, engine);
      assert.equal(seen.store, store);
      assert.equal(upper, "FROM AFAR");
      assert.deepEqual(answers, [1, 2]);
      // A busy host may miss the moment in which a question to all is answered.
      const isListed = async () => JSON.parse(await server.run("get", "hosts", "-o", "json")).some((host) => host.id === id);
      await until(isListed, "the host to be listed");
      assert.equal(await visit(actor, "/packed"), 3);
    },
  };
}
