// The keys that this browser keeps for the pages of an origin, in IndexedDB.

/** An account's key: one that never leaves the browser's WebCrypto, or a seed where there is none that serves. */
export type AccountKey = { key: CryptoKey; public: Uint8Array } | { seed: Uint8Array };

/** How an account's key is kept. */
export type Kept = "webcrypto" | "seed" | "memory";

/** An account's key, how it is kept, and where the keys of its actors are. */
export interface Keys {
  account: AccountKey;
  kept: Kept;
  store: KeyStore;
}

/** Where keys are kept: under each name the first that was put there, whoever did. */
export interface KeyStore {
  keep<T>(name: string, fits: (kept: unknown) => kept is T, make: () => T | Promise<T>): Promise<T>;
}

const DATABASE = "wisteria signing";
const STORE = "keys";
/** A database that has not opened after so many milliseconds is taken for one that never will. */
const PATIENCE = 10_000;

/** The keys of this origin; where the browser keeps none, those of this host alone. Never fails. */
export async function openKeys(): Promise<Keys> {
  const database = await openDatabase().catch(() => undefined);
  if (database) {
    const store = new Database(database);
    for (const make of [inWebCrypto, asSeed]) {
      try {
        const account = await store.keep("account", isAccountKey, make);
        return { account, kept: "seed" in account ? "seed" : "webcrypto", store };
      } catch {
        // The browser has no such keys, or does not store them: the next kind may do.
      }
    }
  }
  return { account: await inWebCrypto().catch(asSeed), kept: "memory", store: new Memory() };
}

const isSeed = (kept: unknown): kept is Uint8Array => kept instanceof Uint8Array && kept.length === 32;

/** The seed that this browser keeps under a name, in hexadecimal. */
export async function seedOf(keys: Keys, name: string): Promise<string> {
  const seed = await keys.store.keep(name, isSeed, randomSeed);
  return Array.from(seed, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** So many random bytes as a secret key has. */
export function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

async function inWebCrypto(): Promise<AccountKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  return { key: privateKey, public: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) };
}

function asSeed(): AccountKey {
  return { seed: randomSeed() };
}

/** Browsers that cannot store a key may have stored nothing in its place. */
function isAccountKey(kept: unknown): kept is AccountKey {
  const { key, seed } = (kept ?? {}) as { key?: CryptoKey; seed?: Uint8Array };
  return seed !== undefined || (key?.type === "private" && crypto.subtle !== undefined);
}

/** Keys for as long as the host runs. */
class Memory implements KeyStore {
  readonly #kept = new Map<string, unknown>();

  async keep<T>(name: string, fits: (kept: unknown) => kept is T, make: () => T | Promise<T>): Promise<T> {
    const kept = this.#kept.get(name);
    if (fits(kept)) return kept;
    const made = await make();
    this.#kept.set(name, made);
    return made;
  }
}

/** Keys for as long as the browser keeps what the origin stores. */
class Database implements KeyStore {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async keep<T>(name: string, fits: (kept: unknown) => kept is T, make: () => T | Promise<T>): Promise<T> {
    const kept = await this.#read(name);
    if (fits(kept)) return kept;
    await this.#putUnless(name, fits, await make());
    // Another tab may have been first, and what was put may not be what was stored.
    const stored = await this.#read(name);
    if (!fits(stored)) throw new Error("what was stored cannot be read");
    return stored;
  }

  #read(name: string): Promise<unknown> {
    const request = this.#database.transaction(STORE).objectStore(STORE).get(name);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** In one transaction, and those of other tabs wait for it. */
  #putUnless(name: string, fits: (kept: unknown) => boolean, value: unknown): Promise<void> {
    const transaction = this.#database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      const request = store.get(name);
      request.onsuccess = () => {
        try {
          if (!fits(request.result)) store.put(value, name);
        } catch (thrown) {
          reject(thrown);
          transaction.abort();
        }
      };
    });
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // Whoever deletes what the origin stores is not kept waiting.
      database.onversionchange = () => database.close();
      resolve(database);
    };
    setTimeout(() => reject(new Error("it does not open")), PATIENCE);
  });
}
