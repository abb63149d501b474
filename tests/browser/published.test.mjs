// Actors on the crates that wasmCloud published, in a tab: the modules that servers run, with providers of server and tab.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { freeAddress } from "./http.mjs";
import { KEEPING, providerOf } from "./kept.mjs";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { modulePath } from "./paths.mjs";
import { startSite } from "./site.mjs";
import { openTab } from "./tab.mjs";
import { startProxy } from "./unrestricted.mjs";
import { until } from "./until.mjs";
import { connect } from "@nats-io/transport-node";

for (const driver of browsers) {
  describe(`published actors in ${driver.name}'s tab`, { timeout: 180_000 }, () => {
    let server, proxy, browser, site, tab;

    before(async () => {
      proxy = await startProxy(() => server.url);
      server = await startOpenServer("--allow-origin", new URL(proxy.url).origin);
      [browser, site] = await Promise.all([driver.open(), startSite()]);
      tab = await openTab(browser, proxy);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      for (const each of [site, proxy]) each?.stop();
    });

    const startInTab = (name) => server.run("start", "actor", modulePath(name), "--host", tab.id);

    /** Has the server's HTTP reach an actor; resolves with where. */
    async function serve(actor) {
      const address = await freeAddress();
      await server.run("link", "put", actor, "httpserver", "wasmcloud:httpserver", `address=${address}`);
      return `http://${address}`;
    }

    test("one fetches by the server's HTTP client, and then by the browser's own", async () => {
      const actor = await startInTab("http_fetch");
      const at = await serve(actor);
      const client = "wasmcloud:httpclient";
      const fetched = async () => {
        const answer = await fetch(`${at}/?url=${encodeURIComponent(`${site.url}/echo?q`)}`, { method: "POST", body: "hi" });
        return [answer.status, await answer.text()];
      };
      const ofTab = await providerOf(tab, "httpclient-fetch");
      await server.run("link", "put", actor, "httpclient", client, `ALLOW=${site.url}`);
      // The first call has the module compiled, which may take longer than the server waits.
      await until(async () => (await fetched())[0] !== 504, "the actor to be ready");
      assert.deepEqual(await fetched(), [200, "POST /echo?q x-own= body=hi"]);
      await server.run("link", "swap", actor, ofTab, client, `ALLOW=${site.url}`);
      assert.deepEqual(await fetched(), [200, "POST /echo?q x-own= body=hi"]);
      await server.run("link", "swap", actor, ofTab, client, `ALLOW=${site.url}/elsewhere`);
      const [status, text] = await fetched();
      assert.equal(status, 502);
      assert.match(text, /the link does not allow/);
    });

    test("one keeps notes in the server's blob store, and then in the tab's own", async () => {
      const actor = await startInTab("blob_notes");
      const at = await serve(actor);
      const note = (method, body) => fetch(`${at}/a%20note`, { method, body });
      const stores = ["blobstore-fs"];
      if (KEEPING[driver.name] === "opfs") stores.push(await providerOf(tab, "blobstore-opfs"));
      for (const [index, store] of stores.entries()) {
        await server.run("link", index === 0 ? "put" : "swap", actor, store, "wasmcloud:blobstore");
        assert.equal((await note("GET")).status, 404, store);
        assert.equal((await note("PUT", `in ${store}`)).status, 201, store);
        assert.equal(await (await note("GET")).text(), `in ${store}`);
        assert.equal((await note("DELETE")).status, 200, store);
        assert.equal((await note("GET")).status, 404, store);
        assert.equal((await note("PUT", "left behind")).status, 201, store);
      }
    });

    test("one keeps notes in the server's database", async () => {
      const actor = await startInTab("sql_notes");
      const at = await serve(actor);
      const note = (method, body) => fetch(`${at}/a`, { method, body });
      await server.run("link", "put", actor, "sqldb-sqlite", "wasmcloud:sqldb");
      assert.equal((await note("PUT", "of a tab")).status, 201);
      assert.equal(await (await note("GET")).text(), "of a tab\n");
      assert.deepEqual(await (await fetch(at)).json(), { notes: [["a", 1, false]] });
      assert.equal((await note("DELETE")).status, 200);
      assert.equal((await note("GET")).status, 404);
    });

    test("one answers messages of the lattice, where a NATS client meets it", async () => {
      const actor = await startInTab("message_bridge");
      await server.run("link", "put", actor, "messaging-lattice", "wasmcloud:messaging", "SUBSCRIPTION=to.tabs");
      const client = await connect({ servers: server.nats });
      try {
        const { data } = await client.request("to.tabs", "hello", { timeout: 10_000 });
        assert.equal(new TextDecoder().decode(data), "hello");
      } finally {
        await client.close();
      }
    });

    test("one answers messages of another actor by the tab's own messaging", async () => {
      const actor = await startInTab("message_bridge");
      const provider = await providerOf(tab, "messaging-tab");
      await server.run("link", "swap", actor, provider, "wasmcloud:messaging", "SUBSCRIPTION=to.tabs");
      const other = await linkedTo(server, provider, "wasmcloud:messaging");
      try {
        const ask = (subject) => other.call("Messaging.Request", { subject, body: new TextEncoder().encode("hello"), timeoutMs: 5000 });
        const { reply, message } = await ask("to.tabs");
        assert.equal(new TextDecoder().decode(reply?.body), "hello", message);
        assert.equal((await ask("to.nobody")).message, "nobody subscribes to to.nobody");
      } finally {
        await other.stop();
      }
    });
  });
}
