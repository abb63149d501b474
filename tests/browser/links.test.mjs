// Links are put, asked about and deleted by pages, in each browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

for (const driver of browsers) {
  describe(`links in ${driver.name}`, { timeout: 180_000 }, () => {
    let server, browser, tab, actor;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), driver.open()]);
      tab = await openTab(browser, server);
      actor = await tab.start("kv_counter");
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** What comes of a method of `host.links`. */
    const links = (method, ...args) =>
      tab.page.evaluate(
        ({ method, args }) =>
          window.wisteria.links[method](...args).then(
            (reply) => ({ reply }),
            ({ name, code }) => ({ name, code }),
          ),
        { method, args },
      );
    const contract = "wasmcloud:keyvalue";
    const link = (provider_id) => ({ actor_id: actor, provider_id, contract_id: contract });

    test("a link is active once its provider has taken it, and is gone once it is deleted", async () => {
      const provider = await tab.page.evaluate(async (contract) => {
        const { providers } = await window.wisteria.lattice.inventory(window.wisteria.id);
        return providers.find(({ contract_id }) => contract_id === contract).id;
      }, contract);
      assert.deepEqual(await links("put", link(provider)), { reply: { state: "active" } });
      assert.deepEqual(await links("status", actor, contract), { reply: { state: "active" } });
      await links("del", actor, contract);
      assert.deepEqual(await links("status", actor, contract), { name: "NotLinkedError", code: "not-linked" });
    });

    test("a link to a provider that runs nowhere is pending", async () => {
      const nowhere = actor.replace(/^M/, "V");
      const key = await tab.page.evaluate(async () => {
        const provider = await window.wisteria.provide("wasmcloud:keyvalue", {}, { name: "soon-gone" });
        await provider.stop();
        return provider.id;
      });
      assert.deepEqual(await links("put", link(key)), { reply: { state: "pending" } });
      assert.deepEqual(await links("status", actor, contract), { reply: { state: "pending" } });
      await links("del", actor, contract);
      assert.equal((await links("put", link(nowhere))).code, "bad-request");
    });

    test("providers of servers and of tabs tell what their links take", async () => {
      const providers = await tab.page.evaluate(async (server) => {
        const [own, others] = await Promise.all([window.wisteria.id, server].map((host) => window.wisteria.lattice.inventory(host)));
        const key = (inventory, name) => inventory.providers.find((one) => one.name === name).id;
        return { memory: key(own, "keyvalue-memory"), fetch: key(own, "httpclient-fetch"), s3: key(others, "blobstore-s3") };
      }, await tab.server());
      const told = async (provider) => (await links("values", provider)).reply;
      assert.deepEqual(await told(providers.memory), []);
      const [allow] = await told(providers.fetch);
      assert.deepEqual([allow.name, allow.kind, allow.required, allow.secret], ["ALLOW", "list", true, false]);
      const values = await told(providers.s3);
      const of = (name) => values.find((value) => value.name === name);
      assert.deepEqual(of("SECRET_ACCESS_KEY"), {
        name: "SECRET_ACCESS_KEY",
        kind: "text",
        required: true,
        secret: true,
        about: "what proves it",
        example: "secret:S3_KEY",
      });
      assert.equal(of("REGION").default, "us-east-1");
      const failed = { name: "NotFoundError", code: "provider-not-found" };
      const nowhere = await tab.page.evaluate(async () => {
        const provider = await window.wisteria.provide("wasmcloud:keyvalue", {}, { name: "gone" });
        await provider.stop();
        return provider.id;
      });
      assert.deepEqual(await links("values", nowhere), failed);
      assert.equal((await links("values", actor)).code, "bad-request");
    });

    test("what a provider of others tells wrongly is passed over or named", async () => {
      const answers = await tab.page.evaluate(async () => {
        const { wisteria: host } = window;
        const provider = await host.provide("wasmcloud:keyvalue", {}, { name: "liar" });
        const { id } = provider;
        await provider.stop();
        const many = Array.from({ length: 300 }, (_, at) => ({ name: `n${at}` }));
        const told = [
          { values: [null, {}, { name: 7 }, { name: "a", kind: 1, default: 2, required: "yes", about: {}, example: [] }, { name: "a", kind: "url" }] },
          { values: many },
          { values: "none" },
          7,
        ];
        const questions = host.subscribe(`wasmbus.rpc.default.${id}.*.values`);
        await questions.ready;
        const answering = (async () => {
          for (const answer of told) {
            const { value: question } = await questions.next();
            await question.respond(answer);
          }
        })();
        const answers = [];
        for (const _ of told) answers.push(await host.links.values(id).catch(({ code }) => code));
        await answering;
        await questions.return();
        return answers;
      });
      const [first, many, ...unreadable] = answers;
      assert.deepEqual(first, [{ name: "a", kind: "text", required: false, secret: false, about: "", example: "" }]);
      assert.equal(many.length, 256);
      assert.deepEqual(unreadable, ["bad-reply", "bad-reply"]);
    });

    test("a link that its provider refuses is not there", async () => {
      const provider = await tab.page.evaluate(async () => {
        const refuse = () => {
          throw new Error("not you");
        };
        return (await window.wisteria.provide("wasmcloud:keyvalue", {}, { name: "refusing", link: refuse })).id;
      });
      assert.equal((await links("put", link(provider))).name !== undefined, true);
      assert.equal((await links("status", actor, contract)).code, "not-linked");
    });
  });
}
