// Which contracts a module uses, as its own texts tell: it names what it calls, and the operations that it answers.

import { contractOfOperation, isBuiltIn } from "../lattice/contracts";

const CONTRACT = /\b(?:wasmcloud|wisteria):[a-z][a-z0-9]*(?::[a-z0-9]+)*/g;
const OPERATION = /\b[A-Z][A-Za-z0-9]*\.[A-Z][A-Za-z]*/g;

/** The contracts that it is to claim, without those that every actor may use; sorted. */
export function contractsIn(module: Uint8Array): string[] {
  // Texts of AssemblyScript lie there as UTF-16, all others as UTF-8; both keep the letters of names apart from all else.
  const bytes = new TextDecoder("latin1").decode(module);
  const texts = [bytes, bytes.replaceAll("\0", "")];
  const named = texts.flatMap((text) => text.match(CONTRACT) ?? []);
  const answered = texts.flatMap((text) => text.match(OPERATION) ?? []).map(contractOfOperation);
  const contracts = [...named, ...answered].filter((one): one is string => one !== undefined && !isBuiltIn(one));
  return [...new Set(contracts)].sort();
}
