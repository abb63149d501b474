// Hosts that start and end in one page leave nothing behind: neither in the page nor in its process. `WISTERIA_HOST_ROUNDS`
// says how many hosts there are; the first tenth is for what a page keeps once and for all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browsers } from "./browsers.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

const ROUNDS = Number(process.env.WISTERIA_HOST_ROUNDS ?? 100);

/** What the page's heap may grow by for each host, in bytes: less than any one object that a host is made of. */
const HEAP_PER_ROUND = 2_000;
/** What its process may, in bytes: less than a tenth of what a host takes. */
const RESIDENT_PER_ROUND = 500_000;

const [driver] = browsers.filter(({ name }) => name === "chromium");

test(`${ROUNDS} hosts in one page leave its memory as it was`, { skip: !driver && "needs Chromium", timeout: 60_000 + 3_000 * ROUNDS }, async (context) => {
  const [server, browser] = await Promise.all([startServer({ lattice: "embedded", options: ["--open"] }), driver.open()]);
  context.after(async () => {
    await browser.close();
    await server.stop();
  });
  const { page } = await openTab(browser, server);
  // The page itself follows what happens on the lattice, and keeps some of it.
  await page.evaluate(() => window.wisteria.stop());
  const module = Buffer.from(moduleBytes("wapc_upper")).toString("base64");
  const live = (count) =>
    page.evaluate(
      async ({ count, module }) => {
        const bytes = Uint8Array.from(atob(module), (character) => character.charCodeAt(0));
        const Host = window.wisteria.constructor;
        const text = new TextEncoder();
        for (let round = 0; round < count; round++) {
          const host = await Host.start({ allowUnsigned: true });
          const heard = host.subscribe("round");
          await heard.ready;
          const actor = await host.actors.start(bytes);
          const reply = await host.call(actor, "upper", text.encode("round"), { raw: true });
          if (new TextDecoder().decode(reply) !== "ROUND") throw new Error("the actor answers something else");
          await host.stop();
        }
      },
      { count, module },
    );
  const measure = async () => ({ heap: await page.heapBytes(), resident: await browser.residentBytes() });

  await live(Math.ceil(ROUNDS / 10));
  const before = await measure();
  const begun = performance.now();
  await live(ROUNDS);
  const each = (performance.now() - begun) / ROUNDS;
  const after = await measure();
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `${ROUNDS} hosts, ${each.toFixed()} ms each: heap ${megabytes(before.heap)} to ${megabytes(after.heap)}, ` +
      `resident ${megabytes(before.resident)} to ${megabytes(after.resident)}`,
  );
  assert.ok(after.heap - before.heap < ROUNDS * HEAP_PER_ROUND, `the heap grew by ${after.heap - before.heap} bytes`);
  const grown = after.resident - before.resident;
  assert.ok(grown < ROUNDS * RESIDENT_PER_ROUND, `the process grew by ${grown} bytes`);
});
