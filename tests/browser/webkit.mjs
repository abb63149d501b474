// WebKitGTK through plain WebDriver requests, on an X server without a screen.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { expression, outcome } from "./expression.mjs";
import { end, start } from "./processes.mjs";
import { until, within } from "./until.mjs";
import { tellUncaught } from "./uncaught.mjs";

const MINI_BROWSER = "webkit2gtk-4.1/MiniBrowser";
/** Milliseconds that a function in the page may take. */
const SCRIPT_LIMIT = 120_000;

export const name = "webkit";

/** Starts an X server; each page is a browser of its own, whose driver has one session, but for pages beside it. */
export async function open() {
  const screen = start("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
  const display = await until(() => /^(\d+)\n/m.exec(screen.output)?.[1], "Xvfb to name its display");
  const pages = new Set();
  return {
    name,
    async page(url) {
      const opened = await page(url, `:${display}`);
      pages.add(opened);
      return opened;
    },
    async close() {
      await Promise.all([...pages].map((each) => each.crash()));
      await end(screen);
    },
  };
}

/** A browser with its first page. */
async function page(url, display) {
  const { driver, session } = await openSession(display);
  const ask = (method, path, body) => request(session, method, path, body);
  await ask("POST", "/timeouts", { script: SCRIPT_LIMIT });
  const browser = { ask, driver, inTurn: turns(), pages: 1 };
  return openIn(browser, url, await ask("GET", "/window"));
}

/** A driver speaks to one window at a time: what is asked of windows goes by turns. */
function turns() {
  let last = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Another window of a browser, which finds what its other windows store. */
async function beside(browser, url) {
  const { handle } = await browser.inTurn(() => browser.ask("POST", "/window/new", { type: "window" }));
  browser.pages++;
  return openIn(browser, url, handle);
}

/** Opens a page in a window. */
async function openIn(browser, url, window) {
  const { driver, inTurn } = browser;
  const ask = (method, path, body) =>
    inTurn(async () => {
      await browser.ask("POST", "/window", { handle: window });
      return browser.ask(method, path, body);
    });
  await ask("POST", "/url", { url });

  const console = [];
  const run = async (source) => {
    const script = `const done = arguments[0]; ${KEEP_CONSOLE}; ${source}.then((text) => done([text, keep.splice(0)]));`;
    const [text, lines] = await ask("POST", "/execute/async", { script, args: [] });
    console.push(...lines);
    lines.filter((line) => line.startsWith("uncaught: ")).forEach(tellUncaught);
    return outcome(text);
  };
  await run(expression("() => {}"));
  const crash = () => end(driver);
  return {
    console,
    evaluate: (fn, arg) => run(expression(fn, arg)),
    reload: () => ask("POST", "/refresh", {}),
    async screenshot(path) {
      writeFileSync(path, Buffer.from(await ask("GET", "/screenshot"), "base64"));
    },
    /** Another page, which finds what this one has stored. */
    beside: () => beside(browser, url),
    async close() {
      browser.pages--;
      if (browser.pages > 0) return void (await ask("DELETE", "/window"));
      await browser.ask("DELETE", "");
      await end(driver);
    },
    // Its process may be shared between pages, so this ends all of them.
    crash,
  };
}

/** How often a driver or browser that does not come up is started anew. */
const STARTS = 3;

/** Starts a driver with its browser; where it does not come up, as when another program took its port, it is tried again. */
async function openSession(display, starts = STARTS) {
  const port = await freePort();
  const env = { DISPLAY: display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", LIBGL_ALWAYS_SOFTWARE: "1" };
  const driver = start("WebKitWebDriver", [`--port=${port}`], { env });
  const base = `http://127.0.0.1:${port}`;
  try {
    await until(() => request(base, "GET", "/status"), "WebKitWebDriver to answer");
    const asked = request(base, "POST", "/session", { capabilities: { alwaysMatch: capabilities() } });
    const { sessionId } = await within(asked, "WebKit to open", 20_000);
    return { driver, session: `${base}/session/${sessionId}` };
  } catch (error) {
    await end(driver);
    if (starts > 1) return openSession(display, starts - 1);
    const text = `no WebKit after ${STARTS} starts: ${error.message}; its driver printed:\n${driver.output}`;
    throw new Error(text, { cause: error });
  }
}

/** WebDriver does not tell what a page prints: the page keeps it until the next question. */
const KEEP_CONSOLE = `
  const keep = window.__console ??= ((lines) => {
    for (const kind of ["log", "info", "warn", "error", "debug"]) {
      const print = console[kind];
      console[kind] = (...values) => { lines.push(kind + ": " + values.join(" ")); print.apply(console, values); };
    }
    addEventListener("error", (event) => lines.push("uncaught: " + event.message));
    addEventListener("unhandledrejection", (event) => lines.push("uncaught: " + event.reason));
    return lines;
  })([])`;

function capabilities() {
  const binary = `${libraryFolder()}/${MINI_BROWSER}`;
  return { "webkitgtk:browserOptions": { binary, args: ["--automation"] } };
}

/** Debian keeps libraries in a folder named after the machine, as in the path of the C library. */
function libraryFolder() {
  const [folder] = /\/usr\/lib\/[^/\s]+(?=\/libc\.so)/.exec(readFileSync("/proc/self/maps", "utf8")) ?? ["/usr/lib"];
  return folder;
}

async function request(base, method, path, body) {
  const response = await fetch(base + path, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebKit refuses ${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

/** A port that was free a moment ago: the driver does not tell which it chose. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
