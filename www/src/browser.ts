// The entry of the package for pages and workers.

import { ownUrl } from "./own-files.js";
import type { WorkerLike } from "./remote.js";
import { enter } from "./surroundings.js";

enter({
  ownFile: (build) => fetch(ownUrl(build)),
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "wisteria host" }) as unknown as WorkerLike,
  tabs: () => import("./tab-lattice.js"),
});

export * from "./index.js";
