// Copies the sample actors, as they were built, into the site, with an index of their sizes and keys.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { keyOfUnsigned } from "./src/library/module-key.ts";
import { LIBRARY } from "./src/library/place.ts";
import { SAMPLES } from "./src/library/samples.ts";

const BUILT = new URL("../target/actors/wasm32-unknown-unknown/release/", import.meta.url);

const pathOf = (file: string): string => fileURLToPath(new URL(`${file}.wasm`, BUILT));

/** Those samples that were built. */
const built = (): string[] => SAMPLES.map(({ file }) => file).filter((file) => existsSync(pathOf(file)));

async function index(): Promise<string> {
  const entries = built().map(async (file) => {
    const bytes = readFileSync(pathOf(file));
    return { file, size: bytes.length, key: await keyOfUnsigned(bytes) };
  });
  return JSON.stringify(await Promise.all(entries));
}

/** Serves the samples while the page is worked on, and adds them to the built site. */
export function sampleLibrary(): Plugin {
  return {
    name: "sample-library",
    configureServer({ middlewares }) {
      middlewares.use(`/${LIBRARY}/`, (request, response, next) => {
        const [, file] = /^\/(\w+)\.wasm$/.exec(request.url ?? "") ?? [];
        if (request.url === "/index.json") void index().then((text) => response.end(text));
        else if (file && built().includes(file)) response.end(readFileSync(pathOf(file)));
        else next();
      });
    },
    async generateBundle() {
      if (built().length < SAMPLES.length) {
        this.warn("some sample actors are not built, and the library lacks them; build them with: cargo xtask build");
      }
      for (const file of built()) {
        this.emitFile({ type: "asset", fileName: `${LIBRARY}/${file}.wasm`, source: readFileSync(pathOf(file)) });
      }
      this.emitFile({ type: "asset", fileName: `${LIBRARY}/index.json`, source: await index() });
    },
  };
}
