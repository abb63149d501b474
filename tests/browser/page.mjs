// The playground as a person uses it, by what stands on it: in every browser, as each can evaluate scripts.

import { after, before } from "node:test";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

/** For a `describe`: a server, a browser, and a tab on the server's page, there from the first test to the last. */
export function opened(driver) {
  const own = {};

  before(async () => {
    [own.server, own.browser] = await Promise.all([startServer(), driver.open()]);
    own.tab = await openTab(own.browser, own.server);
  });

  after(async () => {
    await own.browser?.close();
    await own.server?.stop();
  });

  return own;
}

/** Waits until an element that `selector` names holds `words`. */
export const shows = (tab, selector, words, limit = 10_000) =>
  until(
    () =>
      tab.page.evaluate(
        ({ selector, words }) =>
          [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(words)),
        { selector, words },
      ),
    `${selector} to show "${words}"`,
    limit,
  );

/** Presses the button that is called `name`, once it is there. */
export const press = (tab, name) =>
  until(
    () =>
      tab.page.evaluate((name) => {
        const buttons = [...document.querySelectorAll("button:not(:disabled)")];
        const button = buttons.find((one) => (one.getAttribute("aria-label") ?? one.innerText.split("\n")[0].trim()) === name);
        button?.click();
        return button !== undefined;
      }, name),
    `the button "${name}"`,
  );

/** Chooses in the field that is called `label`, once it offers that. */
export const choose = (tab, label, value) =>
  until(
    () =>
      tab.page.evaluate(
        async ({ label, value }) => {
          const labels = [...document.querySelectorAll("label")];
          const field = labels.find((one) => one.textContent.trim().startsWith(label))?.control;
          if (!field) return false;
          field.value = value;
          if (field.value !== value) return false;
          for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
          // The page draws what follows from a choice before the next is made.
          await new Promise((drawn) => requestAnimationFrame(() => drawn()));
          return true;
        },
        { label, value },
      ),
    `${label} to offer ${value}`,
  );
