// How a page's provider is asked, against a worker that is a plain object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { Asking } from "../dist/asking.js";
import { Host, WisteriaError } from "../dist/index.js";

/** A host whose worker takes every provider; `ask` asks the page as the worker does. */
async function start() {
  let number;
  const described = [];
  const worker = {
    postMessage(message) {
      if ("ask" in message) return asking.settle(message);
      const { id, method, args } = message;
      const values = { start: { hostId: "NHOST", engine: "jspi" }, provide: "VKEY", callAs: encode({ as: args }) };
      if (method === "provide") [described[0], number] = args;
      queueMicrotask(() => worker.onmessage({ data: { id, value: values[method] } }));
    },
    terminate() {},
  };
  const asking = new Asking((ask) => queueMicrotask(() => worker.onmessage({ data: structuredClone(ask) })));
  const host = await Host.startIn(worker, { bridge: "ws://127.0.0.1:1/lattice" });
  return { host, described, provider: () => asking.provider(number) };
}

const invoke = async (provider, operation, argument, millis = 1000) => {
  const reply = await provider().invoke("MACTOR", "default", operation, encode(argument), millis);
  return reply.length === 0 ? undefined : decode(reply);
};

test("handlers take and give values, and know the link that they are called through", async () => {
  const { host, provider } = await start();
  await host.provide("example:any", {
    "Any.Bytes": (argument) => ({ same: argument.bytes, length: argument.bytes.length }),
    "Any.Nothing": () => undefined,
    "Any.Call": async (_, { actor, linkName, values, operation }) => ({ actor, linkName, values, operation }),
  });
  await provider().link("MACTOR", "default", { a: "1" }, true);
  assert.deepEqual(await invoke(provider, "Any.Bytes", { bytes: Uint8Array.of(1, 255) }), { same: Uint8Array.of(1, 255), length: 2 });
  assert.equal(await invoke(provider, "Any.Nothing", null), undefined);
  const call = { actor: "MACTOR", linkName: "default", values: { a: "1" }, operation: "Any.Call" };
  assert.deepEqual(await invoke(provider, "Any.Call", 1), call);
});

test("raw handlers take and give bytes", async () => {
  const { host, provider } = await start();
  const handlers = { "Any.Raw": (bytes) => bytes, "Any.Text": () => "text" };
  await host.provide("example:any", handlers, { raw: true });
  assert.deepEqual(await provider().invoke("M", "default", "Any.Raw", Uint8Array.of(7), 1000), Uint8Array.of(7));
  await assert.rejects(invoke(provider, "Any.Text", 1), { code: "provider-failed", message: /no Uint8Array/ });
});

test("what handlers throw has a code, and what is no operation is told what there is", async () => {
  const { host, provider } = await start();
  await host.provide("example:any", {
    "Any.Fail": () => {
      throw new RangeError("too far");
    },
    "Any.Coded": () => Promise.reject(new WisteriaError("provider-unavailable", "later")),
  }, { name: "any" });
  await assert.rejects(invoke(provider, "Any.Fail", 1), { code: "provider-failed", message: "too far" });
  await assert.rejects(invoke(provider, "Any.Coded", 1), { code: "provider-unavailable", message: "later" });
  for (const operation of ["Any.Other", "constructor", "__proto__"]) {
    const message = `provider any has no operation ${operation}; it has: Any.Fail, Any.Coded`;
    await assert.rejects(invoke(provider, operation, 1), { code: "bad-request", message });
  }
  const broken = provider().invoke("M", "default", "Any.Fail", Uint8Array.of(0xc1, 0xc1), 1000);
  await assert.rejects(broken, { code: "bad-request", message: /^the argument of Any\.Fail cannot be read: / });
});

test("a handler that does not return is given up at the deadline, and hears of it", async () => {
  const { host, provider } = await start();
  let hear;
  const heard = new Promise((resolve) => (hear = resolve));
  await host.provide("example:any", {
    "Any.Never": (_, { signal }) => new Promise(() => signal.addEventListener("abort", () => hear(true))),
  });
  await assert.rejects(invoke(provider, "Any.Never", 1, 50), { code: "timeout", message: /within 50 ms/ });
  // The timer of a signal does not keep Node alive.
  const alive = setInterval(() => {}, 1000);
  assert.ok(await heard);
  clearInterval(alive);
});

test("a link is refused by what its hook throws, and health says what is wrong", async () => {
  const { host, provider } = await start();
  let [links, why] = [[], "not yet"];
  const provided = await host.provide("example:any", {}, {
    link: (link) => {
      if (link.values.a === "no") throw new Error("it takes no no");
      links.push(link);
    },
    unlink: (link) => void links.push(link),
    health: () => {
      if (why) throw new Error(why);
    },
  });
  await assert.rejects(provider().link("M", "default", { a: "no" }, true), { message: "it takes no no" });
  await provider().link("M", "default", { a: "yes" }, false);
  await provider().unlink("M", "default", true);
  assert.deepEqual(links, [{ actor: "M", linkName: "default", values: { a: "yes" }, isNew: false }, { actor: "M", linkName: "default", isDeleted: true }]);
  await assert.rejects(provider().health(), { message: "not yet" });
  why = undefined;
  await provider().health();
  await provided.stop();
  await assert.rejects(provider().health(), { code: "provider-unavailable" });
});

test("what a host hears of a provider is what its options say", async () => {
  const { host, described } = await start();
  const values = { size: { kind: "size", default: "1Mi", about: "how large" }, to: { required: true, example: "there" } };
  const provider = await host.provide("wasmcloud:keyvalue", {}, { values });
  assert.deepEqual(described, [{
    name: "page-keyvalue",
    contract: "wasmcloud:keyvalue",
    title: "page-keyvalue",
    values: [
      { name: "size", kind: "size", required: false, about: "how large", example: "1Mi", default: "1Mi" },
      { name: "to", kind: "text", required: true, about: "", example: "there" },
    ],
  }]);
  assert.deepEqual(await provider.call("MACTOR", "Any.Call", { n: 1 }), { as: ["VKEY", "MACTOR", "Any.Call", encode({ n: 1 }), 0] });
});
