// What a module claims, read from the token inside it. Hosts verify it; the page only shows it.

/** What the page shows of a module's claims. */
export interface ReadClaims {
  key: string;
  name: string;
  issuer: string;
  contracts: string[];
}

/** The sections that a token may lie in, today's first. */
const SECTIONS = ["wasmcloud_jwt", "jwt"];

interface Token {
  sub?: string;
  iss?: string;
  wascap?: { name?: string; caps?: string[] };
}

/** The claims of a module; `undefined` for an unsigned one. Rejects what is no module. */
export async function readClaims(module: Uint8Array): Promise<ReadClaims | undefined> {
  const compiled = await WebAssembly.compile(module as Uint8Array<ArrayBuffer>);
  const [section] = SECTIONS.flatMap((name) => WebAssembly.Module.customSections(compiled, name));
  if (!section) return undefined;
  const [, body] = new TextDecoder().decode(section).split(".");
  const token = JSON.parse(fromBase64Url(body ?? "")) as Token;
  if (!token.sub) return undefined;
  const { sub: key, iss: issuer = "", wascap } = token;
  return { key, issuer, name: wascap?.name ?? "", contracts: wascap?.caps ?? [] };
}

function fromBase64Url(text: string): string {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}
