// Takes an inline style out of the mini-map.

import type { Plugin } from "vite";

/**
 * Servers allow their page no styles inside of elements (`style-src 'self'`). The mini-map is given a colour in a way that
 * Svelte turns into one; the page sets that colour by its stylesheet, so the map needs none.
 */
export const noInlineStyle: Plugin = {
  name: "no-inline-style",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/Minimap/Minimap.svelte")) return undefined;
    const without = code.replace("--xy-minimap-background-color-props={bgColor}", "");
    if (without === code) this.error("the mini-map has changed; look whether it still has an inline style");
    return without;
  },
};
