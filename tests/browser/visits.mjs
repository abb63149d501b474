// What tests of the playground stand on: one browser for all tests of a file, and for each of them a server with nothing on it.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach } from "node:test";
import { startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";

/** For a `describe`: what its tests open is closed after each, and nothing on a page may have been against its policy. */
export function visits() {
  let browser, server;
  const open = [];

  before(async () => {
    browser = await startBrowser();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    const lines = open.flatMap(({ tab }) => tab?.page.console ?? []);
    for (const each of open.splice(0).reverse()) await (each.close ?? each.stop)();
    await server?.stop();
    assert.deepEqual(lines.filter((line) => line.includes("Content Security Policy")), [], "the page's policy refused something");
  });

  return {
    /** Opens the playground, of this test's server or of another one, as another visitor. */
    async visit(options, at = server) {
      const play = await browser.open(at, options);
      open.push({ tab: play.tab, close: () => play.close() });
      return play;
    },
    /** Another server, with nothing on it. */
    async another() {
      const fresh = await startServer();
      open.push({ stop: () => fresh.stop() });
      return fresh;
    },
    /** Ends something else after the test, by its `stop`. */
    endLater(stop) {
      open.push({ stop });
    },
  };
}
