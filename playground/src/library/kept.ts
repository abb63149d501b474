// What the user brought along or wrote, kept in this browser from visit to visit: modules, and sources of actors.

import type { Source } from "../code/sources";

/** A module as it is kept. */
export interface KeptModule {
  id: string;
  name: string;
  bytes: Uint8Array;
}

/** What is kept, each by the property that tells one from another. */
const STORES = { modules: "id", sources: "name" } as const;
/** Counts up whenever there is another store. */
const VERSION = 2;

type Store = keyof typeof STORES;

/** All modules that are kept; none where the browser keeps nothing. */
export async function readKept(): Promise<KeptModule[]> {
  return inStore("modules", "readonly", (store) => store.getAll() as IDBRequest<KeptModule[]>).catch(() => []);
}

/** Keeps a module. Rejects where the browser does not keep it. */
export async function keep(module: KeptModule): Promise<void> {
  await inStore("modules", "readwrite", (store) => store.put(module));
}

/** Forgets a module. */
export async function forget(id: string): Promise<void> {
  await inStore("modules", "readwrite", (store) => store.delete(id));
}

/** All sources that are kept; none where the browser keeps nothing. */
export async function readKeptSources(): Promise<Source[]> {
  return inStore("sources", "readonly", (store) => store.getAll() as IDBRequest<Source[]>).catch(() => []);
}

/** Keeps a source, in place of one of its name. Rejects where the browser does not keep it. */
export async function keepSource(source: Source): Promise<void> {
  await inStore("sources", "readwrite", (store) => store.put(source));
}

/** Forgets the source of a name. */
export async function forgetSource(name: string): Promise<void> {
  await inStore("sources", "readwrite", (store) => store.delete(name));
}

/** The browser's database, open for as long as the page is: what is written last goes to it at once. */
let database: Promise<IDBDatabase> | undefined;

/** Works in a store; what it changes is kept even if the page is left the moment after. */
async function inStore<T>(
  name: Store,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const transaction = (await (database ??= open())).transaction(name, mode);
  const request = work(transaction.objectStore(name));
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

async function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open("wisteria-playground", VERSION);
  opening.onupgradeneeded = () => {
    const { result } = opening;
    for (const [store, keyPath] of Object.entries(STORES)) {
      if (!result.objectStoreNames.contains(store)) result.createObjectStore(store, { keyPath });
    }
  };
  const reopen = () => (database = undefined);
  const opened = await done(opening).catch((refused: unknown) => {
    reopen();
    throw refused;
  });
  opened.onclose = reopen;
  // A tab with a later version of this page needs it to itself for a moment.
  opened.onversionchange = () => {
    opened.close();
    reopen();
  };
  return opened;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
