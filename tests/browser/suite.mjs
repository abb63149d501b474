// The engines' suite in a page of its own: what the tests of engines and of metering run in browsers.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { basename } from "node:path";
import { suiteFolder } from "./paths.mjs";

/** Serves an empty page, the suite, and files of the caller's by their paths: `[type, content]`. */
export async function serveSuite(files = {}) {
  const own = { "/": ["text/html", "<!doctype html>"], ...files };
  const server = createServer(({ url }, response) => {
    if (own[url]) {
      const [type, content] = own[url];
      return response.setHeader("content-type", type).end(content);
    }
    response.setHeader("content-type", url.endsWith(".wasm") ? "application/wasm" : "text/javascript");
    const file = createReadStream(suiteFolder + (url.includes("/snippets/") ? url : `/${basename(url)}`));
    file.on("error", () => response.writeHead(404).end()).pipe(response);
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

/** The engines that run modules in a browser. */
export const enginesOf = (driver) => (driver.name === "webkit" ? ["wasmi"] : ["jspi", "wasmi"]);
