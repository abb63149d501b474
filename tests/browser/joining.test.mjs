// What a tab may do that joins by a token for the role of a tab, and what becomes of it when the token is revoked.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

describe("a tab with a token", { timeout: 180_000 }, () => {
  let server, browser, tab, granted, other, minted;

  /** Runs in the page: joins by a token, or by a function that gets one, as `window[name]`. */
  const join = (name, { token, asked }) =>
    tab.page.evaluate(
      async ({ name, token, asked }) => {
        const Host = window.wisteria.constructor;
        window.asked = 0;
        const get = () => ((window.asked += 1), token);
        try {
          window[name] = await Host.start({ token: asked ? get : token, allowUnsigned: true });
          return {};
        } catch ({ code, message }) {
          return { code, message };
        }
      },
      { name, token, asked },
    );

  /** Runs in the page: does something with the host of that name. */
  const on = (name, method, ...args) =>
    tab.page.evaluate(
      async ({ name, method, args }) => {
        const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const host = window[name];
        const methods = {
          start: (module) => host.actors.start(bytes(module)),
          stopElsewhere: (actor, at) => host.actors.stop(actor, { host: at }),
          link: (actor) =>
            host.links.put({ actor_id: actor, provider_id: actor.replace(/^M/, "V"), contract_id: "wasmcloud:keyvalue" }),
          call: (actor) => host.call(actor, "upper", new TextEncoder().encode("a"), { raw: true }).then(() => "answered"),
          stop: () => host.stop(),
        };
        return methods[method](...args).then(
          (reply) => ({ reply }),
          ({ code, message }) => ({ code, message }),
        );
      },
      { name, method, args },
    );

  const base64 = (sample) => Buffer.from(moduleBytes(sample)).toString("base64");
  const cli = async (...args) => {
    const { code, stdout, stderr } = await server.cli(...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };

  before(async () => {
    [server, browser] = await Promise.all([startServer({ lattice: "embedded" }), chromium.open()]);
    tab = await openTab(browser, server);
    [granted, other] = [await tab.start("wapc_upper"), await tab.start("kv_counter")];
    minted = JSON.parse(await cli("token", "mint", "--role", "tab", "--modules", granted, "--ttl", "10m", "-o", "json"));
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("nobody joins without one", async () => {
    const { code, message } = await join("nobody", {});
    assert.equal(code, "unreachable");
    assert.match(message, /Authorization Violation/);
  });

  test("it serves the module that its token grants, and is told why it serves no other", async () => {
    assert.deepEqual(await join("guest", { token: minted.token }), {});
    assert.deepEqual(await on("guest", "start", base64("wapc_upper")), { reply: granted });
    const { code, message } = await on("guest", "start", base64("kv_counter"));
    assert.equal(code, "not-permitted");
    assert.match(message, new RegExp(`token mint --role tab --modules ${other}`));
    assert.deepEqual(await on("guest", "call", granted), { reply: "answered" });
  });

  test("actors elsewhere use what its page provides, under as many names as its token leaves room for", async () => {
    const provide = (name) =>
      tab.page.evaluate(
        (name) =>
          window.guest
            .provide("wasmcloud:keyvalue", { "KeyValue.Increment": ({ value }) => value + 41 }, { name })
            .then(({ id }) => ({ id }), ({ code, message }) => ({ code, message })),
        name,
      );
    const { id } = await provide("forty-one");
    await cli("link", "put", other, id, "wasmcloud:keyvalue");
    const request = { method: "GET", path: "/", queryString: "", header: {}, body: "" };
    const { reply, message } = await tab.call(other, "HttpServer.HandleRequest", request);
    assert.equal(JSON.parse(reply?.body ?? "{}").counter, 42, message);
    await cli("link", "del", other, "wasmcloud:keyvalue");
    for (const name of ["b", "c", "d", "e"]) assert.ok((await provide(name)).id, name);
    const { code, message: why } = await provide("f");
    assert.equal(code, "bad-request");
    assert.match(why, /at most 6 names; use one of httpclient-fetch, forty-one, b/);
  });

  test("it commands no other host and changes no link", async () => {
    for (const outcome of [await on("guest", "stopElsewhere", granted, tab.id), await on("guest", "link", granted)]) {
      assert.ok(outcome.code, JSON.stringify(outcome));
    }
    const { actors } = await tab.page.evaluate(() => window.wisteria.lattice.inventory(window.wisteria.id));
    assert.ok(actors.some(({ id }) => id === granted), "the other tab still runs it");
    assert.equal(JSON.parse(await cli("get", "links", "-o", "json")).links.length, 0);
  });

  test("another host with the same token is refused", async () => {
    const { message } = await join("thief", { token: minted.token });
    assert.match(message, /used by another client/);
  });

  test("it is gone when its token is revoked", async () => {
    await cli("revoke", minted.id);
    const hosts = async () => JSON.parse(await cli("get", "hosts", "-o", "json")).filter(({ presence }) => presence !== "suspended");
    const guest = await tab.page.evaluate(() => window.guest.id);
    await until(async () => !(await hosts()).some(({ id }) => id === guest), "the host to be gone");
    const unused = JSON.parse(await cli("token", "mint", "--role", "tab", "-o", "json"));
    await cli("revoke", unused.id);
    assert.match((await join("again", { token: unused.token })).message, /revoked/);
  });

  test("a function that gets tokens is asked when the host starts, and again when its connection is lost", async () => {
    const token = await cli("token", "mint", "--role", "tab", "--modules", granted);
    assert.deepEqual(await join("renewing", { token, asked: true }), {});
    assert.equal(await tab.page.evaluate(() => window.asked), 1);
    await server.kill();
    await until(() => tab.page.evaluate(() => window.asked > 1), "it to be asked again");
  });
});
