// The entry of the package for servers' surroundings of workers, such as workerd: they know only the modules that they were
// deployed with, and each host lives on the thread that starts it.

import { enter } from "./surroundings.js";

enter({});

export * from "./index.js";
