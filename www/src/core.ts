// The tab host's WebAssembly: which of its builds a thread takes, and how that gets there.

/** What the tab host brings, once it is loaded. */
export type Core = typeof import("./host/host.js");

/** Loads the build that this thread's WebAssembly can run: actors in WebAssembly of their own where that can suspend. */
export async function loadCore(): Promise<Core> {
  const canSuspend = "Suspending" in WebAssembly && "promising" in WebAssembly;
  const core = canSuspend ? await import("./host/host.js") : await import("./host-wasmi/host.js");
  await core.default();
  return core;
}
