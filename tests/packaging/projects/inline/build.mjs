// One file, with all that the page needs.

import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const { outputFiles } = await build({ entryPoints: ["main.js"], bundle: true, minify: true, format: "esm", target: "es2022", write: false });
writeFileSync("index.html", `<!doctype html>\n<link rel="icon" href="data:," />\n<title>One file</title>\n<script type="module">${outputFiles[0].text}</script>\n`);
