// The browsers that the tests run in.

import * as chromium from "./chromium.mjs";
import * as firefox from "./firefox.mjs";
import * as webkit from "./webkit.mjs";

export const browsers = [chromium, firefox, webkit];
