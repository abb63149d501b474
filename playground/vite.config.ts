import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type BuildOptions, type Plugin, type ProxyOptions } from "vite";
import { noDataFetch } from "./no-data-fetch.ts";
import { noInlineStyle } from "./no-inline-style.ts";
import { sampleLibrary } from "./sample-library.ts";

/** A service worker sees what lies in its folder: the package's stands at the root, under a name that stays. */
const serviceWorker: Plugin = {
  name: "service-worker",
  apply: "build",
  buildStart() {
    this.emitFile({ type: "chunk", id: "wisteria/service-worker", fileName: "service-worker.js" });
  },
};

/** While the page is worked on, it is on the lattice of this server. */
const server = process.env["WISTERIA_URL"] ?? "http://127.0.0.1:7700";

const toServer: ProxyOptions = {
  target: server,
  changeOrigin: true,
  ws: true,
  // The server lets its own page in.
  headers: { origin: server },
};

/** Compilers bring a way for Node, too, which pages do not go; and they are large, as compilers are, and loaded last. */
const quiet: BuildOptions["rolldownOptions"] = {
  checks: { bundlerTimings: false },
  onLog(level, log, handle) {
    if (!log.message.includes("has been externalized for browser compatibility")) handle(level, log);
  },
};
/** Kilobytes of the largest script, the AssemblyScript compiler. */
const LARGEST_SCRIPT = 14_000;

export default defineConfig({
  // The page is served from the root of a server, and from any folder of a static site.
  base: "./",
  plugins: [noInlineStyle, svelte(), serviceWorker, sampleLibrary()],
  worker: { format: "es", plugins: () => [noDataFetch], rolldownOptions: quiet },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: LARGEST_SCRIPT,
    rolldownOptions: quiet,
  },
  server: { proxy: { "/api": toServer, "/lattice": toServer } },
});
