// Where the page joins: at the server that it came from, or at the bridge that its address names.

import { WisteriaError, type HostOptions } from "wisteria";

/** What a host needs to join, and the address to show. */
export interface Way {
  options: HostOptions;
  lattice: string;
  bridge: string;
}

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
 * Reads where to join: `?bridge=ws://…&lattice=NAME#token=…` of the page's address, or else what the page's server says.
 * Rejects where neither tells.
 */
export async function readWay(address = new URL(location.href)): Promise<Way> {
  const bridge = address.searchParams.get("bridge");
  if (bridge) return wayOfAddress(address, bridge);
  const config = await readConfig();
  return {
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

function wayOfAddress(address: URL, bridge: string): Way {
  const lattice = address.searchParams.get("lattice") ?? "default";
  // A token stands behind the #, which browsers send to nobody.
  const token = new URLSearchParams(address.hash.slice(1)).get("token");
  // The sample actors are unsigned, and whatever runs here sees operations only.
  return { lattice, bridge, options: { bridge, lattice, allowUnsigned: true, ...(token ? { token } : {}) } };
}

async function readConfig(): Promise<ServerConfig> {
  const response = await fetch("/api/config").catch((cause: unknown) => {
    throw noServer("does not answer", cause);
  });
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  if (!response.ok || !isJson) throw noServer(`answers ${response.status} to /api/config`);
  return response.json();
}

function noServer(what: string, cause?: unknown): WisteriaError {
  const message = `the page's server ${what}; start one with: wisteria up, or join another by ?bridge=ws://HOST:PORT/lattice in the page's address`;
  return new WisteriaError("no-server", message, { cause });
}

/** A token of the server. Each belongs to one host. */
async function freshToken(): Promise<string> {
  const { token } = await readConfig();
  if (!token) {
    throw new WisteriaError(
      "no-token",
      "the server lets its page in on its own machine only: open the page there, under 127.0.0.1, or from here through a tunnel such as ssh -L 7700:127.0.0.1:7700 SERVER",
    );
  }
  return token;
}
