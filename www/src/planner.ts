// The core's knowledge of manifests, in WebAssembly that is loaded when it is used first.

import { WisteriaError } from "./error.js";
import type { Manifest, Step } from "./manifest-types.js";
import { open } from "./surroundings.js";
import { compileFile } from "./wasm.js";

type Functions = typeof import("./manifests/manifests.js");

let loading: Promise<Planner> | undefined;

/** Loads it, once; a load that failed may be tried again. */
export function loadPlanner(): Promise<Planner> {
  loading ??= load().catch((thrown: unknown) => {
    loading = undefined;
    throw thrown;
  });
  return loading;
}

async function load(): Promise<Planner> {
  const file = new URL("./manifests/manifests_bg.wasm", import.meta.url);
  const [functions, module] = await Promise.all([import("./manifests/manifests.js"), compileFile(file, open)]);
  await functions.default({ module_or_path: module });
  return new Planner(functions);
}

/** What is known of manifests. */
export class Planner {
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  /** The manifest as it is understood. */
  read(manifest: unknown): Manifest {
    return valueOf(this.#functions.readManifest(JSON.stringify(manifest ?? null))) as Manifest;
  }

  /** The steps that are missing. */
  plan(manifest: Manifest, running: object): Step[] {
    return valueOf(this.#functions.planManifest(JSON.stringify(manifest), JSON.stringify(running))) as Step[];
  }

  /** The key of the actor that a module is, and the revision that it claims. */
  actorOf(module: Uint8Array): { key: string; revision: number | null } {
    return valueOf(this.#functions.actorOf(module)) as { key: string; revision: number | null };
  }

  /** The key of the provider that stands for a capability, if one runs. */
  providerOf(manifest: Manifest, running: object, component: string): string | null {
    return valueOf(this.#functions.providerOf(JSON.stringify(manifest), JSON.stringify(running), component)) as string | null;
  }

  /** The manifest of what runs. */
  manifestOf(name: string, running: object): Manifest {
    return valueOf(this.#functions.manifestOf(name, JSON.stringify(running))) as Manifest;
  }
}

function valueOf(answer: string): unknown {
  const { value, error } = JSON.parse(answer) as { value?: unknown; error?: { code: string; message: string } };
  if (error) throw new WisteriaError(error.code, error.message);
  return value;
}
