// Takes a module through its unit tests, in a worker of their own.

import { BEGUN, type Bench } from "./begun";
import type { UnitTest } from "./sources";
import type { Outcome } from "./unit-test";

/** How long all tests of a module may take once their worker runs, in milliseconds: it may be one that never ends. */
const PATIENCE = 3000;
/** How long the worker may take to load and to compile the module, in milliseconds, on a machine that has much else to do. */
const BEGINNING = 60_000;

/** Runs the tests one after another in one new instance over empty stores; resolves with their outcomes. */
export async function runTests(module: Uint8Array, tests: UnitTest[]): Promise<Outcome[]> {
  if (tests.length === 0) return [];
  const worker = new Worker(new URL("./bench.worker.ts", import.meta.url), { type: "module", name: "unit tests" });
  try {
    return await outcomes(worker, { module, tests });
  } finally {
    worker.terminate();
  }
}

function outcomes(worker: Worker, bench: Bench): Promise<Outcome[]> {
  return new Promise((resolve) => {
    const had: Outcome[] = [];
    const end = (why: string) => {
      clearTimeout(timer);
      const missing = bench.tests.slice(had.length).map((): Outcome => ({ isMet: false, got: "no reply", why }));
      resolve([...had, ...missing]);
    };
    let timer = setTimeout(() => end(`The tests could not begin within ${BEGINNING / 1000} seconds; deploy again`), BEGINNING);
    worker.onmessage = ({ data }: MessageEvent<Outcome | typeof BEGUN>) => {
      if (data !== BEGUN) return void (had.push(data) === bench.tests.length && end(""));
      clearTimeout(timer);
      timer = setTimeout(() => end(`The tests were ended after ${PATIENCE / 1000} seconds`), PATIENCE);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(event.message || "The script of the tests cannot be loaded");
    };
    worker.postMessage(bench);
  });
}
