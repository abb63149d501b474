// A provider that a page writes: actors use it like any other, in the tab and on the server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { modulePath } from "./paths.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const HTTP = "HttpServer.HandleRequest";
const request = { method: "GET", path: "/page", queryString: "", header: {}, body: "" };

/** Runs in the page: provides key-value from a map, and keeps what it is told. */
async function provideKeyValue() {
  const numbers = new Map();
  window.told = [];
  window.sick = undefined;
  window.provider = await window.wisteria.provide(
    "wasmcloud:keyvalue",
    {
      "KeyValue.Increment": async ({ key, value }, call) => {
        const sum = (numbers.get(key) ?? Number(call.values.start)) + value;
        numbers.set(key, sum);
        window.told.push(`${call.operation} by ${call.actor} through ${call.linkName}`);
        return sum;
      },
      "KeyValue.Get": (key) => {
        if (key === "error") throw new TypeError("no such luck");
        return { value: String(numbers.get(key) ?? ""), exists: numbers.has(key) };
      },
      "KeyValue.Contains": () => new Promise(() => {}),
      "KeyValue.ListRange": ({ listName }, call) =>
        new Promise(() => call.signal.addEventListener("abort", () => window.told.push(`gave ${listName} up`))),
    },
    {
      name: "numbers",
      title: "Numbers of the page",
      values: { start: { kind: "number", default: "10", about: "where counting starts", example: "5" }, fast: { kind: "boolean" } },
      link: ({ actor, linkName, values }) => {
        if (values.start === "13") throw new Error("it does not start at 13");
        window.told.push(`link ${actor} ${linkName} ${JSON.stringify(values)}`);
      },
      unlink: ({ actor, linkName }) => void window.told.push(`unlink ${actor} ${linkName}`),
      health: () => {
        if (window.sick) throw new Error(window.sick);
      },
    },
  );
  return { id: window.provider.id };
}

for (const driver of browsers) {
  describe(`a provider in ${driver.name}'s page`, { timeout: 180_000 }, () => {
    let server, browser, tab, provider, actor;

    before(async () => {
      [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      tab = await openTab(browser, server);
      provider = (await tab.page.evaluate(provideKeyValue)).id;
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    const told = () => tab.page.evaluate(() => window.told);
    const run = async (...args) => {
      const { code, stdout, stderr } = await server.cli(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
      return stdout.trim();
    };
    const refused = async (...args) => {
      const { code, stderr } = await server.cli(...args);
      assert.notEqual(code, 0, args.join(" "));
      return stderr;
    };

    test("it is in its host's inventory, by its name", async () => {
      assert.match(provider, /^V[A-Z2-7]{55}$/);
      const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), tab.id);
      const own = providers.find(({ id }) => id === provider);
      assert.deepEqual([own.image_ref, own.contract_id], ["numbers", "wasmcloud:keyvalue"]);
    });

    test("it tells what its links take, to pages and on the command line", async () => {
      const told = await tab.page.evaluate((id) => window.wisteria.links.values(id), provider);
      assert.deepEqual(told, [
        { name: "start", kind: "number", default: "10", required: false, secret: false, about: "where counting starts", example: "5" },
        { name: "fast", kind: "boolean", required: false, secret: false, about: "", example: "…" },
      ]);
      const table = await run("link", "values", "numbers");
      assert.match(table, /^start +number +10 +no +where counting starts +5$/m);
      assert.deepEqual(JSON.parse(await run("link", "values", provider, "-o", "json")).values, told);
    });

    test("its link values are checked before it hears of them", async () => {
      actor = await tab.start("kv_counter");
      const put = (...values) => refused("link", "put", actor, "numbers", "wasmcloud:keyvalue", ...values);
      assert.match(await put("begin=1"), /knows no value `begin`; it takes start \(number\), fast \(boolean\)/);
      assert.match(await put("start=few"), /`start=few` is no number; write it as start=5/);
      assert.match(await put("start=13"), /it does not start at 13/);
      assert.match(await refused("link", "put", actor, "numbers", "wasmcloud:messaging"), /implements wasmcloud:keyvalue/);
      assert.deepEqual(await told(), []);
    });

    test("an actor in the tab uses it", async () => {
      await run("link", "put", actor, "numbers", "wasmcloud:keyvalue", "start=41");
      const { reply } = await tab.call(actor, HTTP, request);
      assert.deepEqual(JSON.parse(reply.body), { counter: 42, key: "counter:page" });
      assert.deepEqual(await told(), [
        `link ${actor} default {"start":"41"}`,
        `KeyValue.Increment by ${actor} through default`,
      ]);
    });

    test("an actor on the server uses it", async () => {
      await tab.page.evaluate((actor) => window.wisteria.actors.stop(actor), actor);
      await run("start", "actor", modulePath("kv_counter"), "--host", await tab.server());
      const { reply } = await tab.call(actor, HTTP, request);
      assert.deepEqual(JSON.parse(reply.body), { counter: 43, key: "counter:page" });
    });

    test("what it throws and what it has not is told by code", async () => {
      const linked = await linkedTo(server, provider, "wasmcloud:keyvalue");
      try {
        assert.deepEqual(await linked.call("KeyValue.Get", "k"), { reply: { value: "", exists: false } });
        assert.deepEqual(await linked.call("KeyValue.Get", "error"), { code: "provider-failed", message: "no such luck" });
        assert.deepEqual(await linked.call("KeyValue.Frobnicate", "k"), {
          code: "bad-request",
          message:
            "provider numbers has no operation KeyValue.Frobnicate; it has: KeyValue.Increment, KeyValue.Get, KeyValue.Contains, KeyValue.ListRange",
        });
        assert.equal((await linked.call("KeyValue.Contains", "k")).code, "timeout");
        assert.equal((await linked.call("KeyValue.ListRange", { listName: "l" })).code, "timeout");
        await until(async () => (await told()).includes("gave l up"), "the handler to hear of it");
      } finally {
        await linked.stop();
      }
    });

    test("two of one name are refused, and names that are none", async () => {
      const again = await tab.page.evaluate(provideKeyValue).then(assert.fail, (error) => error);
      assert.equal(again.code, "bad-request");
      assert.match(again.message, /numbers.* runs .* already/);
      const provide = (options) =>
        tab.page
          .evaluate((options) => window.wisteria.provide("wasmcloud:keyvalue", {}, options).then(() => ({})), options)
          .then(assert.fail, ({ code, message }) => `${code}: ${message}`);
      assert.match(await provide({ name: "No Name" }), /^bad-request: .*"No Name"/);
      assert.match(await provide({ name: "kind", values: { a: { kind: "colour" } } }), /^bad-request: .*"colour".*text, number/);
      assert.match(await provide({ name: "logging" }), /^bad-request: .*already/);
    });

    test("it ends its links when it stops, and may be provided again under the same key", async () => {
      const kept = await told();
      await tab.page.evaluate(() => window.provider.stop());
      assert.ok((await tab.page.evaluate(() => window.told)).includes(`unlink ${actor} default`), kept.join("\n"));
      const answer = await tab.call(actor, HTTP, request);
      assert.ok(["no-responders", "guest-failed"].includes(answer.code), JSON.stringify(answer));
      assert.equal((await tab.page.evaluate(provideKeyValue)).id, provider);
      const { reply } = await tab.call(actor, HTTP, request);
      assert.deepEqual(JSON.parse(reply.body), { counter: 42, key: "counter:page" }, "the link is told of again");
    });

    test("it calls actors in its own name", async () => {
      const upper = await tab.start("wapc_upper");
      const reply = await tab.page.evaluate(async (actor) => {
        const bytes = await window.provider.call(actor, "upper", new TextEncoder().encode("by a provider"), { raw: true });
        return new TextDecoder().decode(bytes);
      }, upper);
      assert.equal(reply, "BY A PROVIDER");
    });
  });
}
