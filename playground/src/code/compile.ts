// Compiles sources in a worker, which stays: a compiler that is warm takes a fraction of the time.

import { WisteriaError } from "wisteria";
import type { Compilation, Compiled } from "./compiled";
import type { Answered, Asked } from "./compiler.worker";

let worker: Worker | undefined;
let nextId = 1;
const waiting = new Map<number, { resolve: (compiled: Compiled) => void; reject: (error: WisteriaError) => void }>();

/** Compiles a source; what is wrong with it is in the result. Rejects where the compiler cannot be loaded, or fails itself. */
export function compile(compilation: Compilation): Promise<Compiled> {
  worker ??= started();
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker?.postMessage({ id, compilation } satisfies Asked);
  });
}

/** Loads and warms the compiler of a language, so that the first deployment does not wait for it. */
export function warm(language: Compilation["language"]): void {
  const text = language === "wat" ? "(module)" : 'import { register } from "wisteria";\nregister("Echo", (argument) => argument);\n';
  // Whoever compiles next is told why it fails.
  void compile({ language, text, isOptimized: false }).catch(() => undefined);
}

function started(): Worker {
  const fresh = new Worker(new URL("./compiler.worker.ts", import.meta.url), { type: "module", name: "compiler" });
  fresh.onmessage = ({ data }: MessageEvent<Answered>) => {
    const asker = waiting.get(data.id);
    waiting.delete(data.id);
    if ("compiled" in data) asker?.resolve(data.compiled);
    else asker?.reject(failed(data.failure));
  };
  fresh.onerror = (event) => {
    event.preventDefault();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(failed(event.message || "its script cannot be loaded"));
    waiting.clear();
  };
  return fresh;
}

function failed(why: string): WisteriaError {
  return new WisteriaError("compiler-failed", `the compiler failed: ${why}; try again, or load the page again`);
}
