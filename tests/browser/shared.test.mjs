// Tabs of one origin share a host: the first runs it, the others use it, and when it closes another takes over.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { startServer } from "./server.mjs";
import { joined, openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const request = { method: "GET", path: "/shared", queryString: "", header: {}, body: "" };

/** Pages beside each other, which find what the others stored, are not to be had from the driver of WebKit. */
const withTabs = browsers.filter(({ name }) => name !== "webkit");

for (const driver of withTabs) {
  describe(`a shared host in ${driver.name}`, { timeout: 180_000 }, () => {
    let server, browser, leader, follower, third;

    /** Has a page share a host, as `window.shared`; resolves with its key and where it is. */
    const share = (tab) =>
      tab.page.evaluate(async () => {
        window.news = [];
        window.shared = await window.wisteria.constructor.start({ shared: true, allowUnsigned: true, labels: { is: "shared" } });
        window.shared.events.on("shared", (news) => window.news.push(news.state));
        return window.shared.id;
      });
    const news = (tab) => tab.page.evaluate(() => window.news);
    /** The page is gone from the moment that this returns. */
    const leave = (tab) => tab.page.evaluate(() => void setTimeout(() => location.replace("about:blank")));

    before(async () => {
      [server, browser] = await Promise.all([startServer({ lattice: "embedded", options: ["--open"] }), driver.open()]);
      leader = await openTab(browser, server);
      follower = await joined(await leader.page.beside());
      third = await joined(await leader.page.beside());
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("all tabs have one host on the lattice", async () => {
      const ids = [await share(leader), await share(follower), await share(third)];
      assert.equal(new Set(ids).size, 1);
      const hosts = (await leader.hosts()).filter(({ labels }) => labels.is === "shared");
      assert.deepEqual(hosts.map(({ id }) => id), [ids[0]]);
    });

    test("what one tab starts another calls, links and lists", async () => {
      const actor = await leader.page.evaluate((id) => window.shared.actors.start(id), await leader.start("kv_counter"));
      const provider = await follower.page.evaluate(async (actor) => {
        const kept = (window.kept = { calls: 0 });
        const handlers = {
          "KeyValue.Increment": ({ value }) => ((kept.calls += 1), (kept.sum = (kept.sum ?? 0) + value)),
        };
        window.provider = await window.shared.provide("wasmcloud:keyvalue", handlers, { name: "of-a-follower" });
        await window.shared.links.put({ actor_id: actor, provider_id: window.provider.id, contract_id: "wasmcloud:keyvalue" });
        return window.provider.id;
      }, actor);
      const called = await third.page.evaluate(
        async ({ actor, request }) => {
          const { statusCode, body } = await window.shared.call(actor, "HttpServer.HandleRequest", { ...request, body: new Uint8Array() });
          return { statusCode, body: new TextDecoder().decode(body) };
        },
        { actor, request },
      );
      assert.deepEqual(called, { statusCode: 200, body: '{"counter":1,"key":"counter:shared"}' });
      const { actors, providers } = await leader.page.evaluate(() => window.shared.lattice.inventory(window.shared.id));
      assert.ok(actors.some(({ id }) => id === actor));
      assert.ok(providers.some(({ id }) => id === provider));
    });

    test("a tab that closes takes its providers along, and the host stays", async () => {
      const last = await joined(await leader.page.beside());
      await share(last);
      const id = await last.page.evaluate(async () => (await window.shared.provide("a:b", {}, { name: "short-lived" })).id);
      const has = async () => {
        const { providers } = await leader.page.evaluate(() => window.shared.lattice.inventory(window.shared.id));
        return providers.some((provider) => provider.id === id);
      };
      assert.ok(await has());
      await leave(last);
      await until(async () => !(await has()), "the provider to go with its tab");
      assert.deepEqual(await news(follower), [], "the leader is the same");
    });

    test("when the leader's tab closes, open calls fail at once, another tab leads under the same key, and what tabs put up is there again", async () => {
      const before = await follower.page.evaluate(async () => {
        window.heard = [];
        const heard = window.shared.subscribe("told");
        await heard.ready;
        void (async () => {
          for await (const { payload } of heard) window.heard.push(payload);
        })();
        const silent = window.shared.subscribe("silent");
        await silent.ready;
        window.open = window.shared.request("silent", 1, { deadline: 60_000 }).then(
          () => ({}),
          ({ name, code }) => ({ name, code }),
        );
        await silent.next();
        return { host: window.shared.id, provider: window.provider.id };
      });
      await leave(leader);
      // Firefox cuts the connection of a tab that closes before the tab itself, which may still say so.
      const { name, code } = await follower.page.evaluate(() => window.open);
      assert.equal(name, "ConnectionError");
      assert.match(code, /^(host-lost|unreachable)$/);
      // What is asked while nobody leads is asked of the next leader.
      const { hosts, inventory } = await follower.page.evaluate(async () => {
        const inventory = await window.shared.lattice.inventory(window.shared.id);
        return { inventory, hosts: await window.shared.lattice.hosts() };
      });
      assert.ok(hosts.some(({ id, presence }) => id === before.host && presence === "live"));
      assert.ok(inventory.providers.some(({ id }) => id === before.provider), "the provider has the same key");
      await until(async () => (await news(third)).length >= 2 && (await news(follower)).length >= 2, "both tabs to be told");
      const states = [await news(follower), await news(third)].map((all) => all.join(" ")).sort();
      assert.deepEqual(states, ["lost follows", "lost leads"]);
      await third.page.evaluate(() => window.shared.publish("told", "again"));
      await until(async () => (await follower.page.evaluate(() => window.heard)).includes("again"), "the subscription to hear");
    });

    test("a link to a follower's provider holds over the change", async () => {
      const actor = await third.page.evaluate((id) => window.shared.actors.start(id), await third.start("kv_counter"));
      const body = await third.page.evaluate(
        async ({ actor, request }) => {
          const { body } = await window.shared.call(actor, "HttpServer.HandleRequest", { ...request, body: new Uint8Array() }, { deadline: 10_000 });
          return new TextDecoder().decode(body);
        },
        { actor, request },
      );
      assert.equal(body, '{"counter":2,"key":"counter:shared"}');
    });

    test("a leader that stops hands over", async () => {
      const tabs = [follower, third];
      const leads = async (tab) => (await news(tab)).at(-1) === "leads";
      const [first, other] = (await leads(follower)) ? tabs : [third, follower];
      const id = await first.page.evaluate(async () => {
        await window.shared.stop();
        return window.shared.id;
      });
      await until(async () => leads(other), "the other tab to lead");
      const found = await other.page.evaluate(async () => (await window.shared.lattice.inventory(window.shared.id)).host_id);
      assert.equal(found, id);
      const { code } = await first.page.evaluate(() => window.shared.lattice.links().catch(({ code }) => ({ code })));
      assert.equal(code, "stopped");
    });
  });
}
