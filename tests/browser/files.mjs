// The page as a site of files, below a path, behind a web server that knows nothing of lattices.

import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { extname, normalize } from "node:path";
import { sitePart } from "./paths.mjs";

/** Below which path the site lies. */
const BASE = "/wisteria/";
const CHARSET = '<meta charset="utf-8" />\n';

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

/** Serves the site on a free port. `asked` has the paths that it was asked for; without `head` it has no more in its head. */
export async function startFiles({ head = true } = {}) {
  const asked = [];
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    asked.push(pathname);
    const path = normalize(pathname.slice(BASE.length)) || "index.html";
    const file = path === "." ? "index.html" : path;
    try {
      if (!pathname.startsWith(BASE) || file.startsWith("..")) throw new Error("it lies elsewhere");
      const content = await readFile(sitePart(`dist/${file}`));
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.end(file === "index.html" && head ? await withHead(content) : content);
    } catch {
      // As hosts of files do it: a page says that there is none.
      response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><title>404</title>");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}${BASE}`,
    origin: `http://127.0.0.1:${server.address().port}`,
    asked,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** As `cargo xtask site` makes it. */
async function withHead(html) {
  const head = await readFile(sitePart("site-head.html"), "utf8");
  return String(html).replace(CHARSET, CHARSET + head);
}
