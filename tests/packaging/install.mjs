// Packs the package and installs it for the projects, before the tests.

import { install } from "./packed.mjs";

install();
