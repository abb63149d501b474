// Pages of a browser that Puppeteer drives.

import { expression, outcome } from "./expression.mjs";
import { consoleOf } from "./uncaught.mjs";

/** Opens a page. */
export async function page(browser, url) {
  const tab = await browser.newPage();
  const console = consoleOf(tab);
  await tab.goto(url);
  const close = () => tab.close({ runBeforeUnload: false });
  return {
    console,
    evaluate: async (fn, arg) => outcome(await tab.evaluate(expression(fn, arg))),
    screenshot: (path) => tab.screenshot({ path }),
    reload: () => tab.reload(),
    /** Another page, which finds what this one has stored. */
    beside: () => page(browser, url),
    close,
    // Pages may share a process, so no more than this can be done to one.
    crash: close,
  };
}
