// Serves what a project was built into, as any web server would.

import { createServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { basename, extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".json": "application/json" };

/**
 * Serves folders by where their paths begin, on a free port of this machine; `policy` is sent with all that is served, and
 * files of the name `missing` are not there.
 */
export async function serve(folders, { policy, missing } = {}) {
  const server = createServer(async ({ url }, response) => {
    const path = normalize(decodeURIComponent(url.split("?")[0]));
    const [begin, folder] = Object.entries(folders).find(([begin]) => path.startsWith(begin)) ?? [];
    const file = join(folder ?? "", path.slice(begin?.length ?? 0) || "index.html");
    const content = folder && basename(file) !== missing && (await readFile(file).catch(() => undefined));
    if (!content) return response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    if (policy) response.setHeader("content-security-policy", policy);
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
