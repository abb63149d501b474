// The broker of tabs, in WebAssembly, built from the Rust sources into `dist/broker/`.

import type { ChannelSocket } from "../channel-socket.js";

/** Instantiates the module, once for all calls; must be awaited before anything else. */
export default function init(given: { module_or_path: WebAssembly.Module }): Promise<unknown>;

/** The broker of a lattice, with what keeps its links and claims. */
export class TabBroker {
  /**
   * Reads what is kept of a lattice, and is ready to serve it. `load` brings keys and values in turn; `write` gets keys and
   * values in turn, undefined for what is deleted, and resolves once they are kept.
   */
  static start(
    lattice: string,
    load: () => Promise<string[]>,
    write: (changes: (string | undefined)[]) => Promise<void>,
  ): Promise<TabBroker>;
  /** Serves a socket, which is open, until it closes. */
  serve(socket: ChannelSocket): void;
}
