// A link goes from a server's provider to a tab's and back, with what is kept through it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { freeAddress, get } from "./http.mjs";
import { modulePath } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

describe("a link that is swapped", { timeout: 120_000 }, () => {
  let server, browser, address;

  before(async () => {
    [server, browser, address] = await Promise.all([startServer(), chromium.open(), freeAddress()]);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const run = (...args) => server.run(...args);

  test("goes from the server's provider to a tab's memory, its files, and back, and every call is counted once", async () => {
    const tab = await openTab(browser, server);
    const actor = await run("start", "actor", modulePath("kv_counter"));
    await run("link", "put", actor, "keyvalue-redb", "wasmcloud:keyvalue");
    await run("link", "put", actor, "httpserver", "wasmcloud:httpserver", `address=${address}`);
    const { providers } = JSON.parse(await run("get", "inventory", tab.id, "-o", "json"));
    const [memory, files] = ["keyvalue-memory", "keyvalue-opfs"].map((wanted) => providers.find(({ name }) => name === wanted).id);

    let over = false;
    const counts = [];
    const visit = async () => {
      while (!over) {
        const answer = await get(address, "/visits");
        assert.equal(answer.status, 200, answer.text);
        counts.push(answer.json.counter);
      }
    };
    const visitors = Promise.all(Array.from({ length: 4 }, visit));
    const swap = (provider, ...values) => run("link", "swap", actor, provider, "wasmcloud:keyvalue", ...values);
    try {
      for (const inTab of [memory, files]) {
        await swap(inTab, "--copy");
        const [link] = JSON.parse(await run("get", "links", "-o", "json")).links.filter((link) => link.contract_id === "wasmcloud:keyvalue");
        assert.equal(link.provider_id, inTab);
      }
      await swap("keyvalue-redb", "FILE=back", "--copy");
    } finally {
      over = true;
    }
    await visitors;
    const sorted = counts.toSorted((a, b) => a - b);
    assert.deepEqual(sorted, Array.from({ length: counts.length }, (_, index) => index + 1));
  });
});
