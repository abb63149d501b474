// The bytes of modules: from the page, from an address, or from another host of the lattice.

import type { Bus } from "./bus.js";
import { isKey } from "./control.js";
import { WisteriaError } from "./error.js";
import { open } from "./surroundings.js";

/** The bytes of a module, or where they are. */
export type ModuleSource = Uint8Array | ArrayBuffer | Blob | Response | URL | string;

/** What the lattice knows an actor by: its call alias, its name, or what it was started from. */
export interface ModuleReference {
  ref: string;
}

/** Whether a module is meant that the lattice has; the key of an actor is no address. */
export function isReference(module: ModuleSource | ModuleReference): module is ModuleReference | string {
  return typeof module === "string" ? isKey(module) : "ref" in module;
}

/** Gets the bytes of a module. */
export async function readModule(source: ModuleSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const response = source instanceof Response ? source : await opened(source);
  if (!response.ok) {
    throw new WisteriaError("module-not-found", `${response.url} answers ${response.status}; check the module's address`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

async function opened(address: URL | string): Promise<Response> {
  try {
    return await open(address);
  } catch (cause) {
    throw new WisteriaError("module-not-found", `${address} cannot be got: ${WisteriaError.from(cause).message}; check the module's address`, { cause });
  }
}

/** Gets the module of an actor from a host that runs it, part by part. */
export async function fetchFromLattice(bus: Bus, lattice: string, actor: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const { bytes, headers } = await part(bus, lattice, actor, offset);
    parts.push(bytes);
    offset += bytes.length;
    if (bytes.length === 0 || offset >= Number(headers["Wisteria-Total"] ?? 0)) return joined(parts, offset);
  }
}

async function part(bus: Bus, lattice: string, actor: string, offset: number) {
  try {
    return await bus.request(`wisteria.modules.${lattice}.${actor}`, undefined, { raw: true, headers: { "Wisteria-Offset": `${offset}` } });
  } catch (thrown) {
    const error = WisteriaError.from(thrown);
    if (error.code !== "no-responders") throw error;
    throw new WisteriaError("actor-not-found", `no host runs actor ${actor}, so none has its module; start it from its bytes`, { cause: error });
  }
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
