// Which URLs a link lets an actor go to: scheme, host and port, and where their paths begin, as on servers.

/** `https://api.example.org`, `https://*.example.org`, `http://127.0.0.1:8080/path/`. */
interface Entry {
  protocol: string;
  /** Under a wildcard, what follows `*.`. */
  hostname: string;
  isWildcard: boolean;
  port: string;
  /** Without `/` at its end, it is a whole path or followed by `/`. */
  path: string;
}

/** What a link allows; everything else is refused. */
export class AllowList {
  readonly #entries: Entry[];

  /** Reads texts with commas between them; throws why one cannot be used. */
  constructor(text: string) {
    this.#entries = text.split(",").map((each) => read(each.trim()));
  }

  /** Why a request may not go there, if it may not. */
  refusal(url: URL): string | undefined {
    if (url.username || url.password) return `${shown(url)} has a user's name or a password in it; leave them out`;
    if (this.#entries.some((entry) => allows(entry, url))) return undefined;
    return `the link does not allow ${shown(url)}; add it to the link's ALLOW`;
  }
}

/** A URL as errors show it: without what may be secret in it. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function read(text: string): Entry {
  const refuse = (why: string) =>
    new Error(`\`${text}\` in \`ALLOW\` ${why}; write it as https://api.example.org or https://*.example.org/path/`);
  const [, scheme, star, rest] = /^([^:/]*):\/\/(\*\.)?(.*)$/.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) throw refuse("has no scheme");
  if (scheme !== "http" && scheme !== "https") throw refuse("is neither http nor https");
  if (/^[^/?#]*\*/.test(rest)) throw refuse("has a * that is not in the place of its first name");
  const url = urlOf(`${scheme}://${rest}`);
  if (!url) throw refuse("is no URL");
  if (url.username || url.password) throw refuse("has a user's name or a password in it");
  if (/[?#]/.test(rest)) throw refuse("has a query or a fragment");
  const isWildcard = star !== undefined;
  if (isWildcard && isAddress(url.hostname)) throw refuse("has a * before an address");
  return { protocol: url.protocol, hostname: url.hostname, isWildcard, port: url.port, path: url.pathname };
}

/** The URL that a text is. */
export function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** A host of a URL that is an address and no name; the last part of a name is no number. */
const isAddress = (hostname: string) => hostname.startsWith("[") || /(^|\.)\d+$/.test(hostname);

function allows({ protocol, hostname, isWildcard, port, path }: Entry, url: URL): boolean {
  const isHost = isWildcard ? url.hostname.endsWith(`.${hostname}`) && url.hostname.length > hostname.length + 1 : url.hostname === hostname;
  return isHost && url.protocol === protocol && url.port === port && allowsPath(path, url.pathname);
}

function allowsPath(allowed: string, path: string): boolean {
  if (allowed === "/") return true;
  const rest = path.startsWith(allowed) ? path.slice(allowed.length) : undefined;
  const isBelow = rest !== undefined && (allowed.endsWith("/") || rest === "" || rest.startsWith("/"));
  return isBelow && !climbs(path);
}

/**
 * Whether a server may take a part of the path for `..`, which was hidden from those who read the URL before: by `%2f`
 * or a backslash, by two encodings, or by a parameter after it.
 */
function climbs(path: string): boolean {
  const decoded = (text: string) => text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return decoded(decoded(path))
    .split(/[/\\]/)
    .some((part) => part.split(";")[0] === "..");
}
