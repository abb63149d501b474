// A journal in IndexedDB, for browsers without files that a worker can write at once.

import { WisteriaError } from "../error.js";
import type { Journal } from "./journal.js";

const STORE = "steps";

/** Opens the journal of that name; made where there is none. */
export async function openDatabase<T>(name: string): Promise<{ journal: DatabaseJournal<T>; kept: T[][] }> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
  });
  // Whoever deletes what the origin stores is not kept waiting.
  database.onversionchange = () => database.close();
  const request = database.transaction(STORE).objectStore(STORE).getAll();
  const kept = await new Promise<T[][]>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T[][]);
    request.onerror = () => reject(request.error);
  });
  return { journal: new DatabaseJournal(database), kept };
}

/** A journal whose steps are kept when the promise of `append` resolves. */
export class DatabaseJournal<T> implements Journal<T> {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  append(steps: T[]): Promise<void> {
    return this.#change((store) => store.add(steps));
  }

  replace(steps: T[]): Promise<void> {
    return this.#change((store) => {
      store.clear();
      store.add(steps);
    });
  }

  close(): void {
    this.#database.close();
  }

  #change(work: (store: IDBObjectStore) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      // Strict: on the disk, not only in the system's hands.
      const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
      work(transaction.objectStore(STORE));
    }).catch((cause: unknown) => {
      const why = WisteriaError.from(cause).message;
      throw new WisteriaError("provider-failed", `the browser does not keep it: ${why}; delete something, or let the site keep more`, { cause });
    });
  }
}
