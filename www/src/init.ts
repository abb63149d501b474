// The package's initialisation: the tab host's WebAssembly is got and compiled once, for all hosts.

import { WisteriaError } from "./error.js";
import { open, surroundings } from "./surroundings.js";
import { compile, fittingBuild, type WasmSource } from "./wasm.js";

interface Begun {
  /** What it was given; nothing where it is the package's own file. */
  source: WasmSource | undefined;
  module: Promise<WebAssembly.Module>;
  done: Promise<void>;
}

let begun: Begun | undefined;

/**
 * Gets and compiles the tab host's WebAssembly: the package's own file, or what is given. `Host.start` does so by itself
 * where the place has a file. All calls get the promise of the first; one that failed may be tried again. Another source
 * than that of the first is refused as `already-initialised`.
 */
export function init(source?: WasmSource): Promise<void> {
  if (!begun) begun = begin(source);
  else if (source !== undefined && !isSame(source, begun.source)) return Promise.reject(alreadyInitialised());
  return begun.done;
}

/** What `init` gets, where it was called. */
export function initialised(): Promise<WebAssembly.Module> | undefined {
  return begun?.module;
}

function begin(source: WasmSource | undefined): Begun {
  const module = load(source);
  const done = module.then(
    () => {},
    (thrown: unknown) => {
      begun = undefined;
      throw thrown;
    },
  );
  // Whoever starts a host is told, also where nobody waits for this.
  done.catch(() => {});
  return { source, module, done };
}

async function load(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  if (source !== undefined) return compile(source, open);
  const { ownFile } = surroundings();
  if (!ownFile) throw notInitialised();
  return compile(ownFile(fittingBuild()), open);
}

function isSame(one: WasmSource, other: WasmSource | undefined): boolean {
  return one === other || (one instanceof URL && other instanceof URL && one.href === other.href);
}

/** The error of a place that has no file of the package by itself. */
export function notInitialised(): WisteriaError {
  return new WisteriaError(
    "not-initialised",
    "there is no WebAssembly to start a host with: call `await init(module)` first, with the module, the bytes or the address of `wisteria/host.wasm`, or of `wisteria/host-wasmi.wasm` where no WebAssembly may be compiled",
  );
}

function alreadyInitialised(): WisteriaError {
  return new WisteriaError(
    "already-initialised",
    "the package has been initialised with another source; call `await init(…)` once, before the first host starts, and `Host.start` without it afterwards",
  );
}
