// Event streams of tabs: they do as servers' do, outlive the tab at any moment, and go on with their subscriptions.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { KEEPING, ROUNDS, endAndOpen, provided, providerOf } from "./kept.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wisteria:eventstreams";

for (const driver of browsers) {
  describe(`event streams in ${driver.name}'s tab`, { timeout: 300_000 + 10_000 * ROUNDS }, () => {
    const name = `eventstreams-${KEEPING[driver.name]}`;
    const its = provided(driver, name, CONTRACT);

    const append = (text) => its.linked.call("EventStreams.Append", { stream: "s", type: "", data: text });
    const textOf = ({ data }) => new TextDecoder().decode(data);
    /** The texts of all events after a position, which leave no gap. */
    const after = async (position) => {
      const texts = [];
      for (;;) {
        const { reply } = await its.linked.call("EventStreams.Read", { stream: "s", after: position + texts.length, limit: 1000 });
        if (!reply) return undefined;
        for (const event of reply.events) {
          texts.push(textOf(event));
          assert.equal(event.position, position + texts.length);
        }
        if (reply.isLast) return texts;
      }
    };
    /** Keeps what the actor is told, which fails what `fails` says. */
    const recorded = (fails = () => false) => {
      const told = [];
      its.linked.answering((operation, { event, redeliveries }) => {
        assert.equal(operation, "EventSubscriber.HandleEvent");
        const text = textOf(event);
        if (fails(text, redeliveries)) throw new Error("not now");
        told.push(text);
      });
      return told;
    };

    test(`they are ${name}`, () => assert.match(its.provider ?? "", /^V/));

    for (const [index, [title, text]] of casesOf("eventstreams").entries()) {
      test(title, async () => {
        await its.relink(`FILE=case-${index}`);
        await runCase(text, its.linked.call);
      });
    }

    test("a link that would keep nothing is refused", async () => {
      for (const value of ["MAX_EVENTS=0", "MAX_BYTES=0", "MAX_AGE=0s", "FILE=../a"]) {
        const { code, stderr } = await its.server.cli("link", "put", its.linked.actor, its.provider, CONTRACT, value);
        assert.notEqual(code, 0, value);
        assert.match(stderr, new RegExp(value.split("=")[0]));
      }
    });

    test("a subscription is delivered in order, and ends with its link", async () => {
      await its.relink("FILE=delivered");
      const told = recorded((text, redeliveries) => text === "b" && redeliveries === 0);
      await append("a");
      const subscribe = () => its.linked.call("EventStreams.Subscribe", { stream: "s", after: 0 });
      assert.deepEqual((await subscribe()).reply, { created: true, position: 0 });
      await append("b");
      await append("c");
      await until(() => told.length === 3, "all to be delivered");
      assert.deepEqual(told, ["a", "b", "c"]);
      assert.equal((await subscribe()).reply.created, false);
      await its.server.run("link", "del", its.linked.actor, CONTRACT);
      await its.relink("FILE=delivered");
      assert.equal((await subscribe()).reply.created, true);
    });

    test(`nothing that was answered is missing when the tab ends while it writes and delivers, ${ROUNDS} times`, async () => {
      await its.relink("FILE=rounds");
      const told = recorded();
      await its.linked.call("EventStreams.Subscribe", { stream: "s", after: 0 });
      const answered = new Map();
      const kept = [];
      let [number, seen, delivered] = [0, 0, 0];
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
        await until(() => answered.size > from + 50 + 17 * (round % 8), "it to write");
        its.tab = await endAndOpen(driver, its.tab);
        ended = true;
        assert.equal(await until(() => providerOf(its.tab, name), "the next tab to run it"), its.provider, "it has the same key");
        await Promise.all(writing);
        kept.push(...(await until(() => after(kept.length), "the link to be served again")));
        for (const [position, text] of answered) assert.equal(kept[position - 1], text);
        await until(() => told.at(-1) === kept.at(-1), "all to be delivered");
        // In order, each at least once: what was handled when the tab ended may come again.
        assert.ok(told.length <= kept.length + round + 1, `${told.length} deliveries of ${kept.length} events`);
        for (; seen < told.length; seen++) if (told[seen] === kept[delivered]) delivered += 1;
        assert.equal(delivered, kept.length, "each was delivered, in order");
      }
      assert.deepEqual(await after(0), kept);
    });
  });
}
