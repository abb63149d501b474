// Modules that the user brought along, kept in this browser from visit to visit.

/** A module as it is kept. */
export interface KeptModule {
  id: string;
  name: string;
  bytes: Uint8Array;
}

const STORE = "modules";

/** All modules that are kept; none where the browser keeps nothing. */
export async function readKept(): Promise<KeptModule[]> {
  return inStore("readonly", (store) => store.getAll() as IDBRequest<KeptModule[]>).catch(() => []);
}

/** Keeps a module. Rejects where the browser does not keep it. */
export async function keep(module: KeptModule): Promise<void> {
  await inStore("readwrite", (store) => store.put(module));
}

/** Forgets a module. */
export async function forget(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open("wisteria-playground", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  const database = await done(opening);
  try {
    return await done(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
