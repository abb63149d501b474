// A way by TCP to a server that can be cut.

import { connect, createServer } from "node:net";
import { once } from "node:events";

/** Listens on a free port and passes connections on to `target`, `HOST:PORT`. */
export async function startLink(target) {
  const [host, port] = target.split(":");
  const open = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), host);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.setNoDelay(true).pipe(to);
      // An error is followed by `close`, which ends the other side.
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    isCut = true;
    open.forEach((socket) => socket.destroy());
  };
  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Ends what goes through and lets nothing new through. */
    cut,
    /** Lets new connections through again. */
    mend: () => (isCut = false),
    close() {
      cut();
      server.close();
    },
  };
}
