// From one lattice to another: what a person types of a server, and what the page forgets on the way.

import { WisteriaError } from "wisteria";
import { forgetCommands } from "../commands/log.svelte";
import { move } from "../lattice/client";
import { TABS, wayTo, type Way } from "../lattice/config";
import { showFailure } from "../ui/notices.svelte";
import { select } from "../ui/selection.svelte";
import { settings } from "../ui/settings.svelte";

/** Where the bridges of servers are. */
const PATH = "/lattice";

/**
 * The address of a server's bridge, of what was typed: `ws://HOST:PORT/lattice`, the address of its page, or `HOST:PORT`.
 * Throws where it is none, or one that this page may not join.
 */
export function bridgeOf(typed: string, page: Pick<Location, "protocol"> = location): string {
  const text = typed.trim();
  const isLocal = /^(localhost|127\.|\[::1\])/.test(text);
  const url = parsed(/^[a-z]+:\/\//i.test(text) ? text : `${isLocal ? "ws" : "wss"}://${text}`);
  if (!url) {
    throw new WisteriaError("bad-request", `"${text}" is no address of a server; write it as wss://HOST/lattice, or as ws://127.0.0.1:7700/lattice on this machine`);
  }
  url.protocol = url.protocol.replace(/^http/, "ws");
  if (url.pathname === "/") url.pathname = PATH;
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "ws:" && page.protocol === "https:" && !isLoopback) {
    throw new WisteriaError("not-permitted", "a page that came by https may join by wss:// alone; have the server speak TLS (wisteria up --tls-cert FILE --tls-key FILE), and join wss://HOST/lattice");
  }
  return url.href;
}

function parsed(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^(wss?|https?):$/.test(url.protocol) && url.hostname ? url : undefined;
}

/** Goes to another lattice; rejects where it cannot be joined. */
export async function go(way: Way): Promise<void> {
  await move(way);
  forgetCommands();
  select(undefined);
  settings.startOn = "";
}

/** Goes back to the lattice of this browser's tabs. */
export async function goOwn(): Promise<void> {
  await go(wayTo(TABS)).catch((thrown: unknown) => showFailure("Leave the server", thrown));
}
