import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** A service worker sees what lies in its folder: the package's stands at the root, under a name that stays. */
const serviceWorker: Plugin = {
  name: "service-worker",
  apply: "build",
  buildStart() {
    this.emitFile({ type: "chunk", id: "wisteria/service-worker", fileName: "service-worker.js" });
  },
};

export default defineConfig({
  // The page is served from the root of a server, and from any folder of a static site.
  base: "./",
  plugins: [svelte(), serviceWorker],
  worker: { format: "es" },
  build: { target: "es2022", assetsInlineLimit: 0 },
});
