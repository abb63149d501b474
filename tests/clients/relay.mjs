// A way to a server that can be cut, as a cable or a network can: bytes pass by TCP, whatever they say.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { pipeline } from "node:stream";

/** Starts a relay to the server at `url`; resolves with the URL by which the server is reached through it. */
export async function relay(url) {
  const { hostname, port } = new URL(url);
  const ways = new Set();
  const listener = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    // Where one end goes, the other goes, too; who is there may come again.
    pipeline(near, far, near, () => ways.delete(near));
    ways.add(near);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const here = new URL(url);
  here.port = listener.address().port;
  const cut = () => ways.forEach((way) => way.resetAndDestroy());
  return {
    url: here.href,
    /** Breaks every connection that there is; new ones may come. */
    cut,
    stop() {
      listener.close();
      cut();
    },
  };
}
