// Pages of a browser that Puppeteer drives.

import { expression, outcome } from "./expression.mjs";
import { tellUncaught } from "./uncaught.mjs";

/** Opens a page. */
export async function page(browser, url) {
  const tab = await browser.newPage();
  const console = [];
  tab.on("console", (message) => console.push(`${message.type()}: ${message.text()}`));
  // Rejections are among them.
  tab.on("pageerror", (error) => {
    console.push(`error: ${error.message}`);
    tellUncaught(error.stack ?? error.message);
  });
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
    // Its processes are shared between pages, so no more than this can be done to one.
    crash: close,
  };
}
