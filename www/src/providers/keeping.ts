// What a tab keeps its state in.

import type { Keeping } from "./descriptions.js";

/** What this browser has, here; nothing in places that are no browser. */
export async function keeping(): Promise<Keeping | undefined> {
  if (await hasFiles()) return "opfs";
  return "indexedDB" in globalThis ? "indexeddb" : undefined;
}

/** Whether the browser has files for this worker. */
async function hasFiles(): Promise<boolean> {
  if (!("FileSystemFileHandle" in globalThis) || !("createSyncAccessHandle" in FileSystemFileHandle.prototype)) return false;
  // Windows that keep nothing have the interface, and refuse to use it.
  return navigator.storage.getDirectory().then(
    () => true,
    () => false,
  );
}
