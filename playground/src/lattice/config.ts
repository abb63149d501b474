// Where the page joins: at the bridge that its address or its site names, at the server that it came from, or, where there is
// neither, nowhere: then this browser's tabs are the lattice.

import { WisteriaError, type HostOptions } from "wisteria";

/** What a host needs to join, and the address to show. */
export interface Way {
  options: HostOptions;
  lattice: string;
  bridge: string;
  /** Whether the server that joins it serves the page as well, and says what else the page may reach. */
  isServed?: boolean;
}

/** The address of the lattice that the tabs of this origin are by themselves. */
export const TABS = "tab:";

const LATTICE = "default";

/** What a server says of its lattice. */
interface ServerConfig {
  lattice: string;
  allow_unsigned: boolean;
  /** The accounts whose signed modules it runs. */
  trusted_issuers: string[];
  /** The policy that it and its pages obey. */
  policy: HostOptions["policy"] | null;
  /** Where tabs join, if not at the server itself. */
  bridge: string | null;
  /** Whether the lattice asks who joins. */
  auth_required: boolean;
  /** What lets the page in, where it was opened on the server's own machine. */
  token: string | null;
}

/**
 * Finds out where to join: `?bridge=ws://…&lattice=NAME#token=…` of the page's address, or what the site names in a
 * `<meta name="bridge">`, or what the page's server says. A site without any of them has the lattice of this browser's tabs.
 * Rejects where the server does not answer.
 */
export async function readWay(address = new URL(location.href)): Promise<Way> {
  const asked = address.searchParams;
  const bridge = asked.get("bridge") ?? document.querySelector<HTMLMetaElement>('meta[name="bridge"]')?.content;
  // A token stands behind the #, which browsers send to nobody.
  const token = new URLSearchParams(address.hash.slice(1)).get("token") ?? "";
  if (bridge) return wayTo(bridge, { lattice: asked.get("lattice") ?? LATTICE, token });
  const config = await readConfig();
  if (!config) return wayTo(TABS);
  return {
    isServed: true,
    lattice: config.lattice,
    bridge: config.bridge ?? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/lattice`,
    options: {
      lattice: config.lattice,
      allowUnsigned: config.allow_unsigned,
      trustedIssuers: config.trusted_issuers,
      ...(config.policy ? { policy: config.policy } : {}),
      ...(config.bridge ? { bridge: config.bridge } : {}),
      ...(config.auth_required ? { token: freshToken } : {}),
    },
  };
}

/** The way to a lattice, with a token where it asks for one. */
export function wayTo(bridge: string, { lattice = LATTICE, token = "" } = {}): Way {
  // The sample actors are unsigned, and whatever runs here sees operations only.
  return { lattice, bridge, options: { bridge, lattice, allowUnsigned: true, ...(token ? { token } : {}) } };
}

/** What the page's server says; nothing where the page comes from a site of files. */
async function readConfig(): Promise<ServerConfig | undefined> {
  const response = await fetch("api/config").catch((cause: unknown) => {
    const message =
      "the page's server does not answer; start it again with: wisteria up, or join another by ?bridge=ws://HOST:PORT/lattice in the page's address";
    throw new WisteriaError("no-server", message, { cause });
  });
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return response.ok && isJson ? response.json() : undefined;
}

/** A token of the server. Each belongs to one host. */
async function freshToken(): Promise<string> {
  const token = (await readConfig())?.token;
  if (!token) {
    throw new WisteriaError(
      "no-token",
      "the server lets its page in on its own machine only: open the page there, under 127.0.0.1, or from here through a tunnel such as ssh -L 7700:127.0.0.1:7700 SERVER",
    );
  }
  return token;
}
