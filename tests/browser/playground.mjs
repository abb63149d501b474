// The playground as a person has it before them: in a window of some size, found by roles and names.

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { joined } from "./tab.mjs";
import { expression, outcome } from "./expression.mjs";
import { consoleOf } from "./uncaught.mjs";

/** A desk and a phone. */
export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** How often Tab is pressed at most on the way to something. */
const TABS = 200;

/** Starts a headless Chromium; `open` opens the playground of a server in it, as another visitor. */
export async function startBrowser() {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  return {
    open: (server, options) => open(browser, server, options),
    /** Records what the browser does for a page, for its developer tools. */
    startTracing: (page, path) => browser.startTracing(page, { path }),
    stopTracing: () => browser.stopTracing(),
    close: () => browser.close(),
  };
}

async function open(browser, server, { size = DESK, theme = "light", reducedMotion = "reduce", path = "" } = {}) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    reducedMotion,
    hasTouch: size === PHONE,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const console = consoleOf(page);
  await page.goto(server.url + path);
  const evaluate = async (fn, arg) => outcome(await page.evaluate(expression(fn, arg)));
  const tab = await joined({ console, evaluate });
  return new Playground(page, tab, context, size);
}

class Playground {
  constructor(page, tab, context, size) {
    this.page = page;
    /** The tab's host, driven by the npm package. */
    this.tab = tab;
    this.context = context;
    this.isPhone = size === PHONE;
  }

  /** A button by its name. */
  button(name, exact = false) {
    return this.page.getByRole("button", { name, exact });
  }

  /** A node of the canvas: "Actor: kv-counter on This tab". */
  node(name) {
    return this.page.getByRole("group", { name });
  }

  /** The inspector, whatever it is about. */
  inspector() {
    return this.page.locator("section", { has: this.button("Close inspector") });
  }

  /** Has a panel in sight; on a phone it is a sheet. */
  async show(panel) {
    const nav = this.page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: panel });
    if (this.isPhone && (await nav.getAttribute("aria-pressed")) !== "true") await nav.click();
  }

  /** Starts a sample from the library on the host that is chosen there. */
  async start(name) {
    await this.show("Library");
    await this.button(`Start ${name}`).click();
    await this.inspector().getByRole("heading", { name }).waitFor();
  }

  /** Links what the inspector shows for a contract to a provider, by its form. */
  async link(contract, provider) {
    await this.button(`Link ${contract}…`).click();
    await this.inspector().getByLabel("Provider").selectOption({ label: provider });
    await this.inspector().getByRole("button", { name: "Link", exact: true }).click();
  }

  /** Presses Tab until what has the focus is called `name`, as screen readers say it. */
  async tabTo(name) {
    for (let pressed = 0; pressed < TABS; pressed++) {
      await this.page.keyboard.press("Tab");
      const focused = await this.page.evaluate(() => {
        const element = document.activeElement;
        const label = element?.labels?.[0]?.textContent;
        return element?.getAttribute("aria-label") ?? label ?? element?.textContent ?? "";
      });
      if (focused.trim().startsWith(name)) return;
    }
    throw new Error(`Tab was pressed ${TABS} times, and nothing called ${name} has got the focus`);
  }

  /** Tries an example of those that stand beside the empty canvas. */
  async tryExample(title) {
    await this.page.getByRole("region", { name: "Begin" }).getByRole("button", { name: `Try ${title}` }).click();
    await this.page.getByRole("region", { name: "Next step" }).waitFor();
  }

  /** Takes the step that the example offers next. */
  async goOn(words) {
    await this.page.getByRole("region", { name: "Next step" }).getByRole("button", { name: words }).click();
  }

  /** What actors show in this tab. */
  stage() {
    return this.page.getByRole("region", { name: "Stage" });
  }

  /** Drags from the middle of one thing to the middle of another. */
  async drag(from, to) {
    const middle = async (locator) => {
      const { x, y, width, height } = await locator.boundingBox();
      return [x + width / 2, y + height / 2];
    };
    const [start, end] = [await middle(from), await middle(to)];
    await this.page.mouse.move(...start);
    await this.page.mouse.down();
    await this.page.mouse.move(...end, { steps: 8 });
    await this.page.mouse.up();
  }

  /** Fails where axe finds anything on the page. */
  async isAccessible(where) {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(found, [], where);
  }

  close() {
    return this.context.close();
  }
}
