// What tests of the providers have in common whose state outlives a tab.

import { joined } from "./tab.mjs";

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
