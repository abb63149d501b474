// The browsers that the tests run in: all, or those that `WISTERIA_TEST_BROWSERS` names, with commas between.

import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import * as webkit from "./webkit.mjs";

const ALL = [chromium, firefox, webkit];

const chosen = process.env.WISTERIA_TEST_BROWSERS?.split(",") ?? ALL.map(({ name }) => name);

export const browsers = chosen.map((name) => {
  const driver = ALL.find((driver) => driver.name === name);
  if (!driver) throw new Error(`WISTERIA_TEST_BROWSERS names ${name}; it can name ${ALL.map(({ name }) => name).join(", ")}`);
  return driver;
});
