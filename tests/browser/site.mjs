// A web site for requests of tabs to go to: it lets every page read its answers.

import { createServer } from "node:http";
import { once } from "node:events";

/** Starts a site on a free port of this machine. `heard` has the headers of what it was asked. */
export async function startSite() {
  const heard = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "x-own");
    response.setHeader("access-control-allow-methods", "*");
    if (method === "OPTIONS") return response.end();
    heard.push(headers);
    const body = Buffer.concat(await request.toArray());
    const [, what, rest] = /^\/(\w*)\/?(.*)$/.exec(url.split("?")[0]) ?? [];
    if (what === "status") return response.writeHead(Number(rest)).end(rest === "204" ? "" : `status ${rest}`);
    if (what === "bytes") return response.end("x".repeat(Number(rest)));
    if (what === "silent") return;
    if (what === "endless") return endless(response);
    if (what === "to") return response.writeHead(302, { location: `/${rest.slice(4)}` }).end();
    response.end(method === "HEAD" ? "" : `${method} ${url} x-own=${headers["x-own"] ?? ""} body=${body}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    heard,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Writes for as long as it is read. */
function endless(response) {
  const write = () => {
    while (!response.destroyed && response.write("x".repeat(4096)));
  };
  response.on("drain", write).on("error", () => {});
  write();
}
