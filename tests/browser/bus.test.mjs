// Pages speak to each other on the lattice's bus: one says, others hear, in each browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

for (const driver of browsers) {
  describe(`the bus in ${driver.name}`, { timeout: 180_000 }, () => {
    let server, browser, one, other;

    before(async () => {
      [server, browser] = await Promise.all([startServer({ lattice: "embedded", options: ["--open"] }), driver.open()]);
      [one, other] = [await openTab(browser, server), await openTab(browser, server)];
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /** Has a tab keep what it hears as `window.heard[name]`, and answer requests with what it was asked, twice. */
    const listen = (tab, name, subject, options = {}) =>
      tab.page.evaluate(
        async ({ name, subject, options }) => {
          const heard = window.wisteria.subscribe(subject, options);
          (window.heard ??= {})[name] = [];
          (window.listening ??= {})[name] = heard;
          await heard.ready;
          void (async () => {
            for await (const message of heard) {
              window.heard[name].push([message.subject, message.payload, message.headers["x-from"] ?? ""]);
              if (message.reply) await message.respond([message.payload, message.payload]);
            }
            window.heard[name].push("ended");
          })();
        },
        { name, subject, options },
      );
    const heard = (tab, name) => tab.page.evaluate((name) => window.heard[name], name);
    const publish = (tab, ...args) => tab.page.evaluate((args) => window.wisteria.publish(...args), args);
    /** What comes of a call in the page. */
    const outcome = (tab, method, ...args) =>
      tab.page.evaluate(
        async ({ method, args }) => {
          try {
            const reply = await window.wisteria[method](...args);
            return { reply: reply?.payload ?? reply };
          } catch ({ name, code, message }) {
            return { name, code, message };
          }
        },
        { method, args },
      );

    test("what one page publishes the other hears, in order, with values and headers", async () => {
      await listen(other, "orders", "orders.>");
      for (let n = 0; n < 50; n++) await publish(one, `orders.${n}`, { n }, { headers: { "x-from": "one" } });
      const all = await until(async () => {
        const all = await heard(other, "orders");
        return all.length === 50 && all;
      }, "all orders to be heard");
      assert.deepEqual(all, Array.from({ length: 50 }, (_, n) => [`orders.${n}`, { n }, "one"]));
    });

    test("of a queue group one page gets each message", async () => {
      await listen(one, "work", "work", { queue: "workers" });
      await listen(other, "work", "work", { queue: "workers" });
      for (let n = 0; n < 40; n++) await publish(one, "work", n);
      const both = async () => [await heard(one, "work"), await heard(other, "work")];
      await until(async () => (await both()).flat().length >= 40, "the work to be taken");
      const [mine, yours] = await both();
      assert.equal(new Set([...mine, ...yours].map(([, n]) => n)).size, 40);
      assert.ok(mine.length > 0 && yours.length > 0, `${mine.length} and ${yours.length}`);
    });

    test("a request is answered by the other page, and fails at once where nobody listens", async () => {
      await listen(other, "twice", "twice");
      assert.deepEqual((await outcome(one, "request", "twice", "a")).reply, ["a", "a"]);
      const { name, code } = await outcome(one, "request", "nobody.listens", "a", { deadline: 60_000 });
      assert.deepEqual([name, code], ["NotFoundError", "no-responders"]);
    });

    test("a request that is not answered ends with its deadline", async () => {
      await other.page.evaluate(async () => {
        window.silent = window.wisteria.subscribe("silent");
        await window.silent.ready;
      });
      const { name, code } = await outcome(one, "request", "silent", "a", { deadline: 200 });
      assert.deepEqual([name, code], ["TimeoutError", "timeout"]);
    });

    test("what is no subject and what is too large is refused with its name", async () => {
      for (const subject of ["", "a b", "a..b", "a.*"]) assert.equal((await outcome(one, "publish", subject, 1)).code, "bad-request", subject);
      const { name, code } = await one.page.evaluate(() =>
        window.wisteria.publish("large", new Uint8Array(64 << 20), { raw: true }).catch(({ name, code }) => ({ name, code })),
      );
      assert.deepEqual([name, code], ["LimitError", "payload-too-large"]);
    });

    test("a subscription that was ended hears nothing more", async () => {
      await listen(other, "ended", "ended");
      await publish(one, "ended", 1);
      await until(async () => (await heard(other, "ended")).length === 1, "the first to be heard");
      await other.page.evaluate(() => window.listening.ended.return());
      const isAlone = async () => (await outcome(one, "request", "ended", 2, { deadline: 500 })).code === "no-responders";
      await until(isAlone, "the lattice to know that nobody listens");
      assert.deepEqual(await heard(other, "ended"), [["ended", 1, ""], "ended"]);
    });

    test("a page that does not take what it hears loses what is too much, and is told", async () => {
      await other.page.evaluate(async () => {
        window.lost = [];
        window.wisteria.events.on("dropped", (news) => window.lost.push(news));
        window.flood = window.wisteria.subscribe("flood");
        await window.flood.ready;
      });
      await one.page.evaluate(async () => {
        const said = Array.from({ length: 1300 }, (_, n) => window.wisteria.publish("flood", n));
        await Promise.all(said);
      });
      const lost = () => other.page.evaluate(() => window.lost.at(-1));
      await until(async () => (await lost())?.dropped === 16, "the loss to be told");
      assert.equal((await lost()).subject, "flood");
      const taken = await other.page.evaluate(async () => {
        const taken = [];
        while (taken.length < 1280) taken.push((await window.flood.next()).value.payload);
        return { first: taken[0], last: taken.at(-1), dropped: window.flood.dropped };
      });
      assert.deepEqual(taken, { first: 0, last: 1279, dropped: 20 });
    });

    test("an actor is started by its key from the module that another page has", async () => {
      const actor = await one.start("wapc_upper");
      const [started, runs] = await other.page.evaluate(async (actor) => {
        const started = await window.wisteria.actors.start(actor);
        const { actors } = await window.wisteria.lattice.inventory(window.wisteria.id);
        return [started, actors.some(({ id }) => id === actor)];
      }, actor);
      assert.deepEqual([started, runs], [actor, true]);
      const { code } = await other.page.evaluate(() => window.wisteria.actors.start("M".padEnd(56, "A")).catch(({ code }) => ({ code })));
      assert.equal(code, "actor-not-found");
    });

    test("an actor is updated where it runs, and found by its alias from elsewhere", async () => {
      const base64 = Buffer.from(moduleBytes("wapc_upper")).toString("base64");
      const updated = await one.page.evaluate(async (base64) => {
        const { wisteria } = window;
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const claims = { name: "Upper", alias: "upper" };
        const actor = await wisteria.actors.start(await wisteria.sign(bytes, { ...claims, revision: 1 }));
        await wisteria.actors.update(actor, await wisteria.sign(bytes, { ...claims, revision: 2 }));
        const { actors } = await wisteria.lattice.inventory(wisteria.id);
        const [{ revision }] = actors.find(({ id }) => id === actor).instances;
        return { actor, revision };
      }, base64);
      assert.equal(updated.revision, 2);
      const found = await other.page.evaluate(
        (host) => window.wisteria.actors.start({ ref: "upper" }, { host, maxInstances: 3 }),
        one.id,
      );
      assert.equal(found, updated.actor);
    });
  });
}
