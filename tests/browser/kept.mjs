// What tests of the providers have in common whose state outlives a tab.

import { after, before } from "node:test";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { joined, openTab } from "./tab.mjs";

/** What each browser keeps state in. */
export const KEEPING = { chromium: "opfs", firefox: "opfs", webkit: "indexeddb" };
/** How often a tab is ended while it writes: `WISTERIA_TAB_ROUNDS`. */
export const ROUNDS = Number(process.env.WISTERIA_TAB_ROUNDS ?? 3);

/** Ends a tab as nobody would expect, and resolves with the next one of its browser. */
export async function endAndOpen(driver, tab) {
  if (driver.name === "webkit") {
    await tab.page.reload();
    return joined(tab.page);
  }
  await tab.page.crash();
  return joined(await tab.page.beside());
}

/** The key under which a tab runs the provider of that name, if it does. */
export async function providerOf(tab, name) {
  const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), tab.id);
  return providers.find(({ image_ref }) => image_ref === name)?.id;
}

/**
 * Gives the tests of a block a server, a browser with a tab, and the provider of that name in it: `server`, `browser`, `tab`,
 * `provider`. `relink(…values)` links the actor to it, anew, as `linked`.
 */
export function provided(driver, name, contract) {
  const its = {};
  before(async () => {
    [its.server, its.browser] = await Promise.all([startOpenServer(), driver.open()]);
    its.tab = await openTab(its.browser, its.server);
    its.provider = await providerOf(its.tab, name);
  });
  after(async () => {
    await its.linked?.stop();
    await its.browser?.close();
    await its.server?.stop();
  });
  its.relink = async (...values) => {
    await its.linked?.stop();
    its.linked = await linkedTo(its.server, its.provider, contract, values);
  };
  return its;
}
