// The modules that this page has: samples of the site, and the user's own.

import { WisteriaError } from "wisteria";
import type { Operation } from "../lattice/contracts";
import { readClaims } from "./claims";
import { forget, keep, readKept } from "./kept";
import { keyOfUnsigned } from "./module-key";
import { LIBRARY } from "./place";
import { SAMPLES } from "./samples";

/** A module that can be started. */
export interface ModuleEntry {
  /** What the page calls it: its actor's key where that can be told before it starts. */
  id: string;
  /** `lattice` for one that this page does not have: hosts get it from where its actor runs. */
  source: "sample" | "own" | "lattice";
  name: string;
  about: string;
  /** Bytes. */
  size: number;
  /** Which contracts it claims, or, where it is unsigned, which it is known to use. */
  contracts: string[];
  operations: Operation[];
  /** Who vouches for it; empty for an unsigned one. */
  issuer: string;
  /** Where it lies, for a sample. */
  url?: string;
}

/** A line of the index that the build writes. */
export interface IndexEntry {
  file: string;
  size: number;
  key: string;
}

class Library {
  entries = $state.raw<ModuleEntry[]>([]);
  /** Whether it is known what there is. */
  isOpen = $state(false);
  /** Why the samples are missing. */
  failure = $state("");
}

/** What the library shows. */
export const library = new Library();

const bytesById = new Map<string, Uint8Array>();
/** Modules by the key under which they run, where that is not their id. */
const idByActor = new Map<string, string>();

/** Reads the index of samples and what the user keeps. */
export async function openLibrary(): Promise<void> {
  const [samples, kept] = await Promise.all([readSamples(), readKept()]);
  library.entries = samples;
  for (const { name, bytes } of kept) await addOwn(bytes, name, false).catch(() => undefined);
  library.isOpen = true;
}

async function readSamples(): Promise<ModuleEntry[]> {
  try {
    const response = await fetch(new URL(`${LIBRARY}/index.json`, document.baseURI));
    if (!response.ok) throw new Error(`the site answers ${response.status}`);
    const index = (await response.json()) as IndexEntry[];
    return SAMPLES.flatMap((sample) => {
      const entry = index.find(({ file }) => file === sample.file);
      return entry ? [fromSample(sample, entry)] : [];
    });
  } catch (thrown) {
    library.failure = `The samples could not be read: ${WisteriaError.from(thrown).message}; load the page again`;
    return [];
  }
}

function fromSample(sample: (typeof SAMPLES)[number], { file, size, key }: IndexEntry): ModuleEntry {
  const { name, about, contracts, operations = [] } = sample;
  const url = new URL(`${LIBRARY}/${file}.wasm`, document.baseURI).href;
  return { id: key, source: "sample", name, about, size, contracts, operations, issuer: "", url };
}

/** What a module that the page was given is, without adding it to the library. Rejects what is no module. */
export async function describeModule(bytes: Uint8Array, fileName: string): Promise<ModuleEntry> {
  const claims = await readClaims(bytes).catch((cause: unknown) => {
    const why = WisteriaError.from(cause).message;
    throw new WisteriaError(
      "invalid-module",
      `${fileName} is not a WebAssembly module: ${why}; choose a file that ends in .wasm`,
      { cause },
    );
  });
  const name = claims?.name || fileName.replace(/\.wasm$/, "");
  const id = claims?.key ?? (await keyOfUnsigned(bytes)) ?? `${fileName} ${bytes.length}`;
  bytesById.set(id, bytes);
  const known = library.entries.find((entry) => entry.id === id);
  if (known?.source === "sample") return known;
  const about = claims ? "Signed" : "Unsigned";
  const { contracts = [], issuer = "" } = claims ?? {};
  return { id, source: "own", name, about, size: bytes.length, contracts, operations: [], issuer };
}

/** Adds a module of the user; resolves with its entry. Rejects what is no module. */
export async function addOwn(bytes: Uint8Array, fileName: string, isNew = true): Promise<ModuleEntry> {
  const entry = await describeModule(bytes, fileName);
  if (entry.source === "sample") return entry;
  library.entries = [...library.entries.filter((other) => other.id !== entry.id), entry];
  // It can be started whether or not the browser keeps it.
  if (isNew) await keep({ id: entry.id, name: fileName, bytes }).catch(() => undefined);
  return entry;
}

/** Removes a module of the user from the library. What runs of it goes on. */
export async function removeOwn(id: string): Promise<void> {
  library.entries = library.entries.filter((entry) => entry.id !== id);
  await forget(id).catch(() => undefined);
}

/** The bytes of a module of the library. */
export async function bytesOf(entry: ModuleEntry): Promise<Uint8Array> {
  const known = bytesById.get(entry.id);
  if (known) return known;
  const response = await fetch(entry.url ?? "");
  if (!response.ok) {
    throw new WisteriaError("module-not-found", `${entry.url} answers ${response.status}; load the page again`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytesById.set(entry.id, bytes);
  return bytes;
}

/** Notes under which key a module runs. */
export function noteActor(actor: string, entry: ModuleEntry): void {
  if (actor !== entry.id) idByActor.set(actor, entry.id);
}

/** The module of an actor, where this page has it. */
export function moduleOf(actor: string): ModuleEntry | undefined {
  const id = idByActor.get(actor) ?? actor;
  return library.entries.find((entry) => entry.id === id);
}
