// Event streams of tabs: they do as servers' do, outlive the tab at any moment, and go on with their subscriptions.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { KEEPING, ROUNDS, endAndOpen, providerOf } from "./kept.mjs";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wisteria:eventstreams";

for (const driver of browsers) {
  describe(`event streams in ${driver.name}'s tab`, { timeout: 300_000 }, () => {
    let server, browser, tab, provider, linked;
    const name = `eventstreams-${KEEPING[driver.name]}`;

    const relink = async (...values) => {
      await linked?.stop();
      linked = await linkedTo(server, provider, CONTRACT, values);
    };
    const append = (text) => linked.call("EventStreams.Append", { stream: "s", type: "", data: text });
    const all = async () => {
      const events = [];
      for (;;) {
        const { reply } = await linked.call("EventStreams.Read", { stream: "s", after: events.at(-1)?.position ?? 0, limit: 1000 });
        if (!reply) return undefined;
        events.push(...reply.events);
        if (reply.isLast) return events;
      }
    };
    /** Keeps what the actor is told, which fails what `fails` says. */
    const recorded = (fails = () => false) => {
      const told = [];
      linked.answering((operation, { event, redeliveries }) => {
        assert.equal(operation, "EventSubscriber.HandleEvent");
        const text = new TextDecoder().decode(event.data);
        if (fails(text, redeliveries)) throw new Error("not now");
        told.push(text);
      });
      return told;
    };

    before(async () => {
      [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      tab = await openTab(browser, server);
      provider = await providerOf(tab, name);
    });

    after(async () => {
      await linked?.stop();
      await browser?.close();
      await server?.stop();
    });

    test(`they are ${name}`, () => assert.match(provider ?? "", /^V/));

    for (const [index, [title, text]] of casesOf("eventstreams").entries()) {
      test(title, async () => {
        await relink(`FILE=case-${index}`);
        await runCase(text, linked.call);
      });
    }

    test("a link that would keep nothing is refused", async () => {
      for (const value of ["MAX_EVENTS=0", "MAX_BYTES=0", "MAX_AGE=0s", "FILE=../a"]) {
        const { code, stderr } = await server.cli("link", "put", linked.actor, provider, CONTRACT, value);
        assert.notEqual(code, 0, value);
        assert.match(stderr, new RegExp(value.split("=")[0]));
      }
    });

    test("a subscription is delivered in order, and ends with its link", async () => {
      await relink("FILE=delivered");
      const told = recorded((text, redeliveries) => text === "b" && redeliveries === 0);
      await append("a");
      const subscribe = () => linked.call("EventStreams.Subscribe", { stream: "s", after: 0 });
      assert.deepEqual((await subscribe()).reply, { created: true, position: 0 });
      await append("b");
      await append("c");
      await until(() => told.length === 3, "all to be delivered");
      assert.deepEqual(told, ["a", "b", "c"]);
      assert.equal((await subscribe()).reply.created, false);
      await server.run("link", "del", linked.actor, CONTRACT);
      await relink("FILE=delivered");
      assert.equal((await subscribe()).reply.created, true);
    });

    test(`nothing that was answered is missing when the tab ends while it writes and delivers, ${ROUNDS} times`, async () => {
      await relink("FILE=rounds");
      const told = recorded();
      await linked.call("EventStreams.Subscribe", { stream: "s", after: 0 });
      const answered = new Map();
      let number = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let ended = false;
        const write = async () => {
          while (!ended) {
            const text = String(number++);
            const { reply } = await append(text).catch(() => ({}));
            if (reply) answered.set(reply.position, text);
          }
        };
        const writing = [write(), write(), write(), write()];
        const from = answered.size;
        await until(() => answered.size > from + 50 + 17 * round, "it to write");
        tab = await endAndOpen(driver, tab);
        ended = true;
        assert.equal(await until(() => providerOf(tab, name), "the next tab to run it"), provider, "it has the same key");
        await Promise.all(writing);
        const events = await until(all, "the link to be served again");
        assert.deepEqual(events.map(({ position }) => position), events.map((_, index) => index + 1));
        for (const [position, text] of answered) assert.equal(new TextDecoder().decode(events[position - 1].data), text);
        await until(() => told.at(-1) === new TextDecoder().decode(events.at(-1).data), "all to be delivered");
        // In order, each at least once: what was handled when the tab ended may come again.
        const unseen = events.map(({ data }) => new TextDecoder().decode(data));
        let next = 0;
        for (const text of told) if (text === unseen[next]) next += 1;
        assert.equal(next, unseen.length, "each was delivered, in order");
        assert.ok(told.length <= unseen.length + round + 1, `${told.length} deliveries of ${unseen.length} events`);
      }
    });
  });
}
