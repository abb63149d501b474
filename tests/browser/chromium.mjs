// Chromium through its DevTools protocol.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { expression, outcome } from "./expression.mjs";
import { consoleOf } from "./uncaught.mjs";

/** How it is started. */
export const LAUNCH = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export const name = "chromium";

/** Starts a headless Chromium. */
export async function open() {
  const browser = await chromium.launch(LAUNCH);
  return {
    name,
    page: (url, context) => page(browser, url, context),
    close: () => browser.close(),
    signalPages: (signal) => signalPages(browser, signal),
    residentBytes: () => residentBytes(browser),
  };
}

/** Sends a signal to the processes of all pages: `SIGSTOP` freezes them, `SIGCONT` wakes them. */
async function signalPages(browser, signal) {
  const pages = await pageProcesses(browser);
  pages.forEach((id) => process.kill(id, signal));
}

/** What the processes of all pages hold in memory. */
async function residentBytes(browser) {
  const pages = await pageProcesses(browser);
  const resident = pages.map((id) => Number(readFileSync(`/proc/${id}/statm`, "utf8").split(" ")[1]) * 4096);
  return resident.reduce((sum, bytes) => sum + bytes, 0);
}

async function pageProcesses(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pages = processInfo.filter(({ type }) => type === "renderer");
  if (pages.length === 0) throw new Error("the browser has no process for pages");
  return pages.map(({ id }) => id);
}

/** Opens a page; `more` are options of its context, such as `bypassCSP`. */
async function page(browser, url, more = {}) {
  // A context of its own gives a page a process of its own.
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...more });
  return pageIn(context, url);
}

/** Opens a page in a context, with which it closes unless others are there, too. */
async function pageIn(context, url, { isAlone = true } = {}) {
  const tab = await context.newPage();
  const console = consoleOf(tab);
  await tab.goto(url);
  return {
    console,
    evaluate: async (fn, arg) => outcome(await tab.evaluate(expression(fn, arg))),
    screenshot: (path) => tab.screenshot({ path }),
    reload: () => tab.reload(),
    /** Another page, which finds what this one has stored. */
    beside: () => pageIn(context, url, { isAlone: false }),
    /** What the page's own thread holds in JavaScript, once all garbage is collected. */
    heapBytes: () => heapBytes(context, tab),
    close: () => (isAlone ? context : tab).close(),
    crash: () => crash(context, tab),
  };
}

async function heapBytes(context, tab) {
  const session = await context.newCDPSession(tab);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

/** Kills the page's process, as the system does when memory runs out. */
async function crash(context, tab) {
  const crashed = tab.waitForEvent("crash");
  const session = await context.newCDPSession(tab);
  // No answer comes from a process that is gone.
  session.send("Page.crash").catch(() => {});
  await crashed;
}
