// Chromium for measuring: the one of the tests is told of each frame of a WebSocket, which doubles what a trip takes.

import puppeteer from "puppeteer-core";
import { LAUNCH } from "./chromium.mjs";
import { page } from "./puppeteer.mjs";

/** Starts a headless Chromium that tells nothing of what its pages send and get. */
export async function open() {
  const browser = await puppeteer.launch({ ...LAUNCH, networkEnabled: false });
  return { page: (url) => page(browser, url), close: () => browser.close() };
}
