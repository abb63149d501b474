// Where the broker of tabs keeps links and claims: in IndexedDB, for as long as the browser keeps what the origin stores.

/** What is kept of one lattice: texts by their keys. */
export interface Records {
  /** Keys and values in turn. */
  load(): Promise<string[]>;
  /** Keys and values in turn, undefined for what is deleted; resolves once they are kept, all of them or none. */
  write(changes: (string | undefined)[]): Promise<void>;
}

const STORE = "records";

/** Opens what is kept of a lattice. Where the browser keeps nothing, it is kept by this thread alone, and said. */
export async function openRecords(lattice: string): Promise<Records> {
  try {
    return new Database(await open(`wisteria lattice ${lattice}`));
  } catch (thrown) {
    console.warn(`links are kept only until the tab that runs the lattice closes: this browser stores nothing (${String(thrown)}); allow the page to store data`);
    return new Memory();
  }
}

class Database implements Records {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  load(): Promise<string[]> {
    const texts: string[] = [];
    const transaction = this.#database.transaction(STORE);
    const cursors = transaction.objectStore(STORE).openCursor();
    cursors.onsuccess = () => {
      const cursor = cursors.result;
      if (!cursor) return;
      texts.push(String(cursor.key), String(cursor.value));
      cursor.continue();
    };
    return done(transaction).then(() => texts);
  }

  write(changes: (string | undefined)[]): Promise<void> {
    const transaction = this.#database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    for (const [key, value] of pairs(changes)) {
      if (value === undefined) store.delete(key);
      else store.put(value, key);
    }
    return done(transaction);
  }
}

class Memory implements Records {
  readonly #kept = new Map<string, string>();

  async load(): Promise<string[]> {
    return [...this.#kept].flat();
  }

  async write(changes: (string | undefined)[]): Promise<void> {
    for (const [key, value] of pairs(changes)) {
      if (value === undefined) this.#kept.delete(key);
      else this.#kept.set(key, value);
    }
  }
}

function* pairs(changes: (string | undefined)[]): Generator<[string, string | undefined]> {
  for (let at = 0; at < changes.length; at += 2) yield [changes[at] as string, changes[at + 1]];
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // Whoever deletes what the origin stores is not kept waiting.
      database.onversionchange = () => database.close();
      resolve(database);
    };
  });
}
