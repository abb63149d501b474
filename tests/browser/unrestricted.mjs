// A server's page without its content security policy, as pages of others have it: the server behind a proxy.

import { createServer, request } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";

/** Starts a proxy for the server that `target()` names by then. */
export async function startProxy(target) {
  const proxy = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(target());
    const passed = request({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      delete answer.headers["content-security-policy"];
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  proxy.on("upgrade", (incoming, socket) => {
    const { hostname, port } = new URL(target());
    const passed = connect(port, hostname, () => {
      const lines = incoming.rawHeaders.map((text, index) => (index % 2 ? `${text}\r\n` : `${text}: `)).join("");
      passed.write(`GET ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
      socket.pipe(passed).pipe(socket);
    });
    for (const [one, other] of [[socket, passed], [passed, socket]]) one.on("error", () => other.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${proxy.address().port}/`,
    stop() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
