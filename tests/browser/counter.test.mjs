// The main way: HTTP to the server, its provider to the actor in a tab, that to the server's store, and back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { freeAddress, get } from "./http.mjs";
import { modulePath } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

describe("a counter in a tab", { timeout: 120_000 }, () => {
  let server, browser, address;

  before(async () => {
    [server, browser, address] = await Promise.all([startServer(), chromium.open(), freeAddress()]);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const run = (...args) => server.run(...args);

  const startCounter = (tab) => run("start", "actor", modulePath("kv_counter"), "--host", tab.id, "--max-instances", "4");

  let first, second, actor;

  test("a tab joins, and every host is listed on it", async () => {
    const began = performance.now();
    first = await openTab(browser, server);
    console.log(`a tab joined ${(performance.now() - began).toFixed()} ms after its navigation`);
    assert.equal(first.engine, "jspi");
    const kinds = async () => (await first.hosts()).map((host) => host.labels.kind).sort();
    assert.deepEqual(await kinds(), ["browser", "server"]);
    const listed = JSON.parse(await run("get", "hosts", "-o", "json"));
    assert.ok(listed.some((host) => host.id === first.id), JSON.stringify(listed));
  });

  test("an actor started in the tab by the command line answers 1, 2, 3 over the server's HTTP", async () => {
    actor = await startCounter(first);
    // The tab has a store of its own; by its name, the server's is meant.
    await run("link", "put", actor, "keyvalue-memory", "wasmcloud:keyvalue");
    await run("link", "put", actor, "httpserver", "wasmcloud:httpserver", `address=${address}`);
    const logged = await first.keepLogs();
    for (const counter of [1, 2, 3]) {
      const answer = await get(address, "/visits");
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json, { counter, key: "counter:visits" });
    }
    await until(async () => (await logged()).length === 3, "the tab to have logged three visits");
  });

  test("two tabs share the calls", async () => {
    second = await openTab(browser, server);
    assert.equal(await startCounter(second), actor);
    const logs = await Promise.all([first.keepLogs(), second.keepLogs()]);
    const answers = await Promise.all(Array.from({ length: 60 }, () => get(address, "/shared")));
    assert.deepEqual(answers.map((answer) => answer.status), Array(60).fill(200), answers.find((a) => a.status !== 200)?.text);
    const counts = answers.map((answer) => answer.json.counter).sort((a, b) => a - b);
    assert.deepEqual(counts, Array.from({ length: 60 }, (_, index) => index + 1));
    const handled = () => Promise.all(logs.map(async (logged) => (await logged()).length));
    await until(async () => (await handled()).reduce((a, b) => a + b) === 60, "both tabs to have logged 60 visits");
    const shares = await handled();
    assert.ok(shares.every((share) => share >= 10), `the shares are ${shares}`);
  });

  test("with one tab killed the other answers", async () => {
    await first.page.crash();
    const answer = await get(address, "/after");
    // The call that finds out may be the one that was lost; it says so, and the next is answered.
    if (answer.status !== 200) assert.equal(answer.error, "host-lost", answer.text);
    for (let request = 0; request < 10; request++) {
      const next = await get(address, "/after");
      assert.equal(next.status, 200, next.text);
    }
  });

  test("with no tab left the answer is an error that says why, at once", async () => {
    await second.page.close();
    const gone = async () => (await get(address, "/none")).error === "no-responders";
    await until(gone, "the lattice to notice");
    const began = performance.now();
    const answer = await get(address, "/none");
    const waited = performance.now() - began;
    assert.equal(answer.status, 502);
    assert.equal(answer.error, "no-responders");
    assert.match(answer.text, new RegExp(actor));
    assert.ok(waited < 500, `waited ${waited.toFixed()} ms`);
  });

  test("the server serves the calls once the actor runs there too", async () => {
    const host = JSON.parse(await run("get", "hosts", "-o", "json")).find((host) => host.labels.kind === "server");
    assert.equal(await run("start", "actor", modulePath("kv_counter"), "--host", host.id), actor);
    const answer = await get(address, "/visits");
    assert.deepEqual(answer.json, { counter: 4, key: "counter:visits" }, answer.text);
  });
});
