// What a tab holds its actors to: limits of their own, and the policy of the server that its page came from.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { browsers } from "./browsers.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

const policy = {
  default: "allow",
  rules: [
    { id: "no-strangers", deny: "start-actor", when: { labels: { kind: "browser" }, issuer: "A*" } },
    { id: "no-failing", deny: "invoke", when: { operation: "fail", labels: { kind: "browser" } }, because: "it is late" },
  ],
};

for (const driver of browsers) {
  test(`limits and policy hold in a tab of ${driver.name}`, { timeout: 120_000 }, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "wisteria-"));
    const file = join(folder, "policy.json");
    writeFileSync(file, JSON.stringify(policy));
    const [server, browser] = await Promise.all([startServer({ options: ["--policy", file] }), driver.open()]);
    context.after(async () => {
      await browser.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const tab = await openTab(browser, server);
    const base64 = Buffer.from(moduleBytes("wapc_upper")).toString("base64");
    const start = (limits) =>
      tab.page.evaluate(
        async ({ base64, limits }) => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          return window.wisteria.actors.start(bytes, { limits }).catch(({ code, message }) => ({ code, message }));
        },
        { base64, limits },
      );

    const above = await start({ fuel: 2e9 });
    assert.equal(above.code, "limit-refused", above.message);
    assert.match(above.message, /fuel of 2000000000 is above 1000000000/);
    const actor = await start({ fuel: 200_000, memory: 4 << 20 });
    const echo = await tab.start("http_echo").catch(({ message }) => message);
    assert.match(echo, /^M[A-Z2-7]{55}$/, "no rule is about it");
    const { actors } = await tab.page.evaluate(() => window.wisteria.lattice.inventory(window.wisteria.id));
    const run = actors.find(({ id }) => id === actor).instances[0];
    assert.deepEqual(run.limits, { fuel: 200_000, memory: 4 << 20 });

    const stranger = await tab.start("echo_messaging").catch(({ message }) => message);
    assert.match(stranger, /denies start-actor .*"no-strangers"/);
    const late = await tab.call(actor, "fail", "a", { raw: true });
    assert.equal(late.code, "policy-denied", late.message);
    assert.match(late.message, /"no-failing" \(it is late\)/);
    const spent = await tab.call(actor, "upper", "a".repeat(100_000), { raw: true });
    assert.equal(spent.code, "out-of-fuel", spent.message);
  });
}
