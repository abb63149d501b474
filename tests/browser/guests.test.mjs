// Guests that mean harm, in a tab.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { oracle } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { enginesOf } from "./suite.mjs";
import { openTab } from "./tab.mjs";

/** Attacks of each kind, in a row. */
const ROUNDS = 100;
/** Attacks of each kind after which a tab has what it needs, and by how many bytes it may grow from then on. */
const WARM = 30;
const GROWTH = 160 << 20;

const guests = JSON.parse(execFileSync(oracle("guests")));

/** Makes `window.endures`, a host with little fuel, and what tests do with it. */
async function prepare({ fuel }) {
  const Host = window.wisteria.constructor;
  const host = await Host.start({ allowUnsigned: true, limits: { fuel } });
  const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const outcome = (promise) =>
    promise.then(
      (reply) => ({ reply }),
      ({ code, message }) => ({ code, message }),
    );
  window.endures = {
    engine: host.engine,
    start: (module, on = host.id) => outcome(host.actors.start(bytes(module), { maxInstances: 4, host: on })),
    stop: (actor, on = host.id) => host.actors.stop(actor, { host: on }),
    call: (actor, text) =>
      outcome(host.call(actor, "Op", new TextEncoder().encode(text), { raw: true, deadline: 30_000 })),
  };
  return window.endures.engine;
}

/** Starts those who mean harm; resolves with their keys. */
async function besiege(modules) {
  const keys = [];
  for (const module of modules) {
    const { reply, message } = await window.endures.start(module);
    if (reply === undefined) throw new Error(message);
    keys.push(reply);
  }
  return keys;
}

/** Attacks so many times in each way; resolves with what was not as it must be. */
async function attack({ rounds, guests, unstartable }) {
  const wrong = [];
  for (let round = 0; round < rounds && wrong.length === 0; round++) {
    for (const { name, key, code, words, answers } of guests) {
      const seen = await window.endures.call(key, key);
      if (seen.code !== code || !seen.message.includes(words)) wrong.push(`${name}: ${JSON.stringify(seen)}`);
      const next = await window.endures.call(answers, "");
      if (next.code !== undefined) wrong.push(`after ${name}: ${JSON.stringify(next)}`);
    }
    for (const { name, module, code } of unstartable) {
      const seen = await window.endures.start(module);
      if (seen.code !== code) wrong.push(`${name}: ${JSON.stringify(seen)}`);
    }
  }
  return wrong;
}

for (const driver of browsers) {
  describe(`guests in ${driver.name}`, { timeout: 600_000 }, () => {
    let server, browser, tab;

    before(async () => {
      [server, browser] = await Promise.all([startServer({ lattice: "embedded", options: ["--open"] }), driver.open()]);
      tab = await openTab(browser, server);
      assert.equal(await tab.page.evaluate(prepare, { fuel: guests.fuel }), enginesOf(driver)[0]);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test(`${ROUNDS} attacks of each kind end one by one and leave the tab as it was`, async () => {
      const hostile = [...guests.guests, guests.startsBadly];
      const keys = await tab.page.evaluate(besiege, hostile.map(({ module }) => module));
      const besieging = hostile.map(({ name, code, words }, index) => {
        // One that cannot start never answers, but its neighbour does.
        const answers = name === guests.startsBadly.name ? keys[0] : keys[index];
        return { name, key: keys[index], code, words, answers };
      });
      const siege = (rounds) =>
        tab.page.evaluate(attack, { rounds, guests: besieging, unstartable: guests.unstartable });
      assert.deepEqual(await siege(WARM), []);
      const before = await browser.residentBytes?.();
      assert.deepEqual(await siege(ROUNDS - WARM), []);
      // Chromium alone tells what its page takes.
      if (before === undefined) return;
      const after = await browser.residentBytes();
      assert.ok(after < before + GROWTH, `${before} bytes have become ${after}`);
      console.log(`${driver.name}: ${before} bytes resident after ${WARM} rounds, ${after} after ${ROUNDS}`);
    });
  });
}
