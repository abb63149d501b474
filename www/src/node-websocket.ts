// WebSockets of Node: its own from 22 on, those of the package `ws` before.

import { WisteriaError } from "./error.js";

/** The part of `ws` that is needed here. */
interface Ws {
  WebSocket: new (url: string, options: { perMessageDeflate: boolean }) => object;
}

/** Has this thread know WebSockets. */
export async function provideWebSocket(): Promise<void> {
  if ("WebSocket" in globalThis) return;
  // No bundler is to look for what need not be there.
  const name = "ws";
  const ws = (await import(name).catch((cause: unknown) => {
    throw new WisteriaError(
      "unsupported",
      "this Node has no WebSocket, by which hosts join a lattice: run `npm install ws` beside this package, or use Node 22 or later",
      { cause },
    );
  })) as Ws;
  const { WebSocket } = ws;
  // Compressing takes its time, in which what is sent, a part of the host's memory, may change.
  const plain = class extends WebSocket {
    constructor(url: string) {
      super(url, { perMessageDeflate: false });
    }
  };
  Object.assign(globalThis, { WebSocket: plain });
}
