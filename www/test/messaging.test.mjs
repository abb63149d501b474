// Messaging of a tab, without a browser: who hears what, who may publish where, and what is bounded.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { casesOf, runCase } from "../../tests/browser/conformance.mjs";
import { MessageHub } from "../dist/providers/message-hub.js";
import { fromPayload, toPayload } from "../dist/payload.js";
import { messaging, settingsOf } from "../dist/providers/messaging-tab.js";
import { decode, encode } from "@msgpack/msgpack";
import { WisteriaError } from "../dist/index.js";

/** The provider with its links, as a host has it: `handle(actor, message)` is what actors do. */
function started(handle) {
  const answers = messaging(async (actor, operation, message) => {
    assert.equal(operation, "MessageSubscriber.HandleMessage");
    return toPayload(await handle(actor, fromPayload(message)));
  });
  const call = async (actor, operation, argument) => {
    try {
      const reply = await answers.invoke(actor, "default", operation, encode(argument), 1000);
      return { reply: reply.length === 0 ? null : decode(reply) };
    } catch (error) {
      const { code, message } = WisteriaError.from(error);
      return { code, message };
    }
  };
  const link = (actor, values = {}) => answers.link(actor, "default", { CONCURRENCY: "16", ...values }, true);
  return { call, link, unlink: (actor) => answers.unlink(actor, "default", true) };
}

describe("messaging of a tab does as all do", () => {
  for (const [name, text] of casesOf("messaging")) {
    test(name, async () => {
      const heard = [];
      const { call, link } = started(async (actor, message) => {
        if (actor === "M3") return void heard.push(message);
        const { code } = await call("M2", "Messaging.Publish", { subject: message.replyTo, body: message.body });
        assert.equal(code, undefined);
      });
      await link("M1");
      await link("M2", { SUBSCRIPTION: "echo.>" });
      await link("M3", { SUBSCRIPTION: "heard.>,heard.twice", CONCURRENCY: "1" });
      await runCase(text, async (operation, argument) => (operation === "Heard" ? { reply: heard } : call("M1", operation, argument)));
    });
  }
});

test("a request waits no longer than its caller, however long it says", async () => {
  const { call, link } = started(async () => {});
  await link("M1", { SUBSCRIPTION: "a" });
  const { message } = await call("M1", "Messaging.Request", { subject: "a", body: "", timeoutMs: 2 ** 32 - 1 });
  const [, millis] = /^no reply on a within (\d+) ms$/.exec(message) ?? [];
  assert.ok(Number(millis) <= 1000, message);
});

test("of a queue group one gets each message, and each group gets it", async () => {
  const heard = [];
  const { call, link, unlink } = started(async (actor) => void heard.push(actor));
  await link("M1");
  await link("M2", { SUBSCRIPTION: "a.*|q" });
  await link("M3", { SUBSCRIPTION: "a.>|q" });
  await link("M4", { SUBSCRIPTION: "a.b" });
  for (let round = 0; round < 4; round++) await call("M1", "Messaging.Publish", { subject: "a.b", body: "x" });
  assert.equal(heard.filter((actor) => actor === "M4").length, 4);
  assert.equal(heard.filter((actor) => actor === "M2").length, 2);
  assert.equal(heard.length, 8);
  await unlink("M4");
  await unlink("M2");
  await call("M1", "Messaging.Publish", { subject: "a.b.c", body: "x" });
  assert.deepEqual(heard.slice(8), ["M3"]);
});

test("an actor answers an inbox once, and publishes where its link lets it", async () => {
  let inbox;
  const { call, link } = started(async (_, { replyTo }) => (inbox = replyTo));
  await link("M1", { PUBLISH: "a.>,b" });
  await link("M2", { SUBSCRIPTION: "a.b" });
  const asked = call("M1", "Messaging.Request", { subject: "a.b", body: "?", timeoutMs: 1000 });
  while (!inbox) await new Promise(setImmediate);
  const answer = () => call("M2", "Messaging.Publish", { subject: inbox, body: "!" });
  assert.deepEqual(await answer(), { reply: null });
  assert.equal(new TextDecoder().decode((await asked).reply.body), "!");
  assert.match((await answer()).message, /actors do not publish to _INBOX/);
  const { code, message } = await call("M1", "Messaging.Publish", { subject: "a", body: "" });
  assert.equal(code, "provider-failed");
  assert.match(message, /does not let the actor publish to a, only to a\.>,b/);
  assert.deepEqual(await call("M1", "Messaging.Publish", { subject: "b", body: "" }), { reply: null });
});

test("an actor that is busy is asked again, and what comes beyond the bounds is lost", async () => {
  const hub = new MessageHub();
  const settings = { subscriptions: [{ pattern: "a", queue: "q" }], publish: undefined, atOnce: 1 };
  const handled = [];
  let [tries, open] = [0, () => {}];
  const gate = new Promise((resolve) => (open = resolve));
  hub.put("M1/default", settings, async ({ body }) => {
    await gate;
    if (tries++ === 0) throw new WisteriaError("overloaded", "later");
    handled.push(body.length);
  });
  for (let number = 0; number < 1030; number++) hub.publish("M1/default", { subject: "a", body: "x" });
  open();
  // One is being handed over, 1,024 wait.
  while (handled.length < 1025) await new Promise((resolve) => setTimeout(resolve, 1));
  hub.publish("M1/default", { subject: "a", body: "xx" });
  while (handled.at(-1) !== 2) await new Promise(setImmediate);
  assert.equal(handled.length, 1026);
});

test("what is no pattern, no queue, no number to work with or not for users is refused", () => {
  for (const [name, text, words] of [
    ["SUBSCRIPTION", "a..b", /an empty token.*write it as SUBSCRIPTION=/],
    ["SUBSCRIPTION", "a|", /an empty token/],
    ["SUBSCRIPTION", "a|b c", /white space/],
    ["SUBSCRIPTION", ">.a", /a wildcard where none may stand/],
    ["SUBSCRIPTION", ">", /subjects of the lattice itself/],
    ["SUBSCRIPTION", "wasmbus.>", /subjects of the lattice itself/],
    ["PUBLISH", "a b", /write it as PUBLISH=orders/],
    ["CONCURRENCY", "0", /not from 1 to 256/],
    ["CONCURRENCY", "257", /not from 1 to 256/],
  ]) {
    const values = { CONCURRENCY: "16", [name]: text };
    assert.throws(() => settingsOf({ actor: "M", linkName: "default", values }), words, `${name}=${text}`);
  }
  const { subscriptions } = settingsOf({ actor: "M", linkName: "second", values: { CONCURRENCY: "1", SUBSCRIPTION: "a.b, c.>|q" } });
  assert.deepEqual(subscriptions, [{ pattern: "a.b", queue: "M.second" }, { pattern: "c.>", queue: "q" }]);
});
