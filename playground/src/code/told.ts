// Which contracts a module uses, as its own texts tell: it names what it calls, and the operations that it answers.

import { OPERATIONS } from "../lattice/contracts";

/** Contracts that an actor may name. Those that need no link are claimed all the same. */
const CONTRACTS = [
  "wasmcloud:builtin:logging",
  "wasmcloud:builtin:numbergen",
  "wasmcloud:blobstore",
  "wasmcloud:httpclient",
  "wasmcloud:httpserver",
  "wasmcloud:keyvalue",
  "wasmcloud:messaging",
  "wasmcloud:sqldb",
  "wisteria:cron",
  "wisteria:eventstreams",
  "wisteria:keyvalue2",
  "wisteria:secrets",
  "wisteria:telnet",
  "wisteria:ui",
];

/** The contracts that it is to claim, sorted: among those that are known, or that are provided on the lattice. */
export function contractsIn(module: Uint8Array, provided: string[] = []): string[] {
  const text = new TextDecoder("latin1").decode(module);
  // AssemblyScript keeps texts as UTF-16, all else as UTF-8; names have no letters that would look different otherwise.
  const names = (word: string) => text.includes(word) || text.includes([...word].join("\0"));
  const answers = (contract: string) => (OPERATIONS[contract] ?? []).some(({ name }) => names(name));
  const known = [...new Set([...CONTRACTS, ...provided])];
  return known.filter((contract) => names(contract) || answers(contract)).sort();
}
