// Every sample actor answers the same in the tabs of three browsers, and on the server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { actors } from "./cases.mjs";
import * as chromium from "./chromium.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

const ENGINES = { chromium: "jspi", firefox: "jspi", webkit: "wasmi" };

/** Where the actors run: in each browser's tab, and on the server. */
const places = [
  ...browsers.map((driver) => ({ title: `${driver.name}'s tab`, driver, chooses: (tab) => tab.id })),
  { title: "the server", driver: chromium, chooses: (tab) => tab.server() },
];

for (const { title, driver, chooses } of places) {
  describe(`in ${title}`, { timeout: 180_000 }, () => {
    let server, browser, tab, host;

    before(async () => {
      [server, browser] = await Promise.all([startServer(), driver.open()]);
      tab = await openTab(browser, server);
      host = await chooses(tab);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("modules run in the engine that the browser has", () => {
      assert.equal(tab.engine, ENGINES[driver.name]);
    });

    for (const { module, links, calls } of actors) {
      test(`${module} answers`, async () => {
        const actor = await tab.start(module, { host });
        for (const contract of links) await tab.link(actor, contract, await tab.server());
        for (const { operation, argument, raw, gives } of calls) {
          compare(await tab.call(actor, operation, argument, { raw }), gives);
        }
      });
    }
  });
}

function compare(answer, { json, text, matches, code, words }) {
  const shown = JSON.stringify(answer).slice(0, 500);
  if (code !== undefined) {
    assert.equal(answer.code, code, shown);
    assert.ok(answer.message.includes(words), shown);
    return;
  }
  assert.equal(answer.code, undefined, shown);
  if (text !== undefined) {
    assert.equal(answer.reply, text);
    return;
  }
  assert.equal(answer.reply.statusCode, 200, shown);
  if (matches) assert.match(answer.reply.body, matches);
  else assert.deepEqual(JSON.parse(answer.reply.body), json);
}
