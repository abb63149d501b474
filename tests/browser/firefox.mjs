// Firefox through WebDriver BiDi.

import puppeteer from "puppeteer-core";
import { page } from "./puppeteer.mjs";

export const name = "firefox";

/** Starts a headless Firefox. */
export async function open() {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    headless: true,
    defaultViewport: { width: 1280, height: 800 },
    protocolTimeout: 120_000,
  });
  return { name, page: (url) => page(browser, url), close: () => browser.close() };
}
