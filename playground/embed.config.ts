// The canvas as other pages embed it, a part of the npm package: it stands on the scripts beside it, and brings its styles along.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { noInlineStyle } from "./no-inline-style.ts";

/** Where the styles go, in `src/embed/mount.ts`. */
const PLACE = JSON.stringify("wisteria:styles");

/** Puts the stylesheets into the script, for a shadow root: what is said of the document holds for the element. */
const stylesInScript: Plugin = {
  name: "styles-in-script",
  enforce: "post",
  generateBundle(_, bundle) {
    let styles = "";
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type !== "asset" || !name.endsWith(".css")) continue;
      styles += String(file.source);
      delete bundle[name];
    }
    const scoped = styles
      .replace(/:root\[data-theme=("?)(\w+)\1\]/g, ':host([data-theme="$2"])')
      .replace(/:root\b/g, ":host")
      .replace(/(^|[{},])\s*(?:html|body|#app)(?=\s*[,{])/g, "$1:host");
    let places = 0;
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk" || !file.code.includes("wisteria:styles")) continue;
      file.code = file.code.replace(/(["'`])wisteria:styles\1/, () => (places++, JSON.stringify(scoped)));
    }
    if (places !== 1 || scoped === "") this.error(`the styles belong into one place, ${PLACE}, and there are ${places}`);
  },
};

export default defineConfig({
  plugins: [noInlineStyle, svelte(), stylesInScript],
  // Libraries ask for it as in Node.
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    target: "es2022",
    outDir: "../www/dist/playground",
    emptyOutDir: true,
    cssCodeSplit: false,
    lib: { entry: "src/embed/mount.ts", formats: ["es"], fileName: "playground" },
    rolldownOptions: {
      checks: { bundlerTimings: false },
      external: ["wisteria", "wisteria/manifests"],
      output: { paths: { wisteria: "../browser.js", "wisteria/manifests": "../manifests.js" }, chunkFileNames: "[name]-[hash].js", minify: true },
    },
  },
});
