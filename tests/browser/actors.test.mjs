// Every sample actor answers the same in the tabs of three browsers, and on the server.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { actors } from "./cases.mjs";
import * as chromium from "./chromium.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

/** What a tab's actors run in. */
const ENGINES = { chromium: "jspi", firefox: "jspi", webkit: "wasmi" };

/** Where the actors run: in each browser's tab, and on the server. */
const places = [
  ...browsers.map((driver) => ({
    title: `${driver.name}'s tab`,
    driver,
    engine: ENGINES[driver.name],
    chooses: (tab) => tab.id,
  })),
  { title: "the server", driver: chromium, chooses: (tab) => tab.server() },
];

for (const { title, driver, engine, chooses } of places) {
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

    /** Resolves with a function that tells what was logged since, where the actors run. */
    async function said() {
      if (host === tab.id) {
        const lines = await tab.keepLogs();
        return async () => (await lines()).join("\n");
      }
      const before = server.output().length;
      return async () => server.output().slice(before);
    }

    if (engine) {
      test(`modules run in ${engine}`, () => assert.equal(tab.engine, engine));
    }

    for (const { module, links, calls } of actors) {
      test(`${module} answers`, async () => {
        const actor = await tab.start(module, { host });
        for (const contract of links) await tab.link(actor, contract, await tab.server());
        for (const { operation, argument, raw, gives, logs } of calls) {
          const logged = await said();
          compare(await tab.call(actor, operation, argument, { raw }), gives);
          if (logs) await until(async () => (await logged()).includes(logs), `a log line with "${logs}"`);
        }
      });
    }
  });
}

function compare(answer, { json, text, matches, nothing, code, words }) {
  const shown = JSON.stringify(answer).slice(0, 500);
  if (code !== undefined) {
    assert.equal(answer.code, code, shown);
    assert.ok(answer.message.includes(words), shown);
    return;
  }
  assert.equal(answer.code, undefined, shown);
  if (nothing) {
    assert.ok(answer.reply === undefined || answer.reply === null, shown);
    return;
  }
  if (text !== undefined) {
    assert.equal(answer.reply, text);
    return;
  }
  assert.equal(answer.reply.statusCode, 200, shown);
  if (matches) assert.match(answer.reply.body, matches);
  else assert.deepEqual(JSON.parse(answer.reply.body), json);
}
