// The providers `keyvalue-opfs` and `keyvalue-indexeddb`: key-value that outlives the tab.

import { WisteriaError } from "../error.js";
import { Answers, describe, type Handler } from "../provide.js";
import { openJournal, type Keeping } from "./journal.js";
import { KeyValueStore, operations, type Change } from "./keyvalue.js";
import type { TabProvider } from "./mod.js";

/** How many stores a host has open. */
const MOST_STORES = 64;

/** The name of the provider. What is kept elsewhere is another's. */
export const keyValueName = (where: Keeping) => `keyvalue-${where}`;

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function keyValue(lattice: string, where: Keeping): TabProvider {
  const stores = new Map<string, Promise<KeyValueStore>>();

  const open = (file: string): Promise<KeyValueStore> => {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(file)) {
      throw new Error("`FILE` has up to 64 letters, digits, `_` and `-`; write it as FILE=visits");
    }
    const opened = stores.get(file);
    if (opened) return opened;
    if (stores.size >= MOST_STORES) throw new Error(`this tab has ${MOST_STORES} stores open; link to one of them`);
    const opening = openJournal<Change>(where, `wisteria/${lattice}/keyvalue/${file}`).then(
      ({ journal, kept }) => new KeyValueStore(journal, kept),
    );
    stores.set(file, opening);
    // Whoever links next tries again.
    opening.catch(() => stores.delete(file));
    return opening;
  };

  const options = {
    name: keyValueName(where),
    title: `Key-value that outlives the tab (${where === "opfs" ? "files of the origin" : "IndexedDB"})`,
    values: { FILE: { default: "keyvalue", about: "name of the store", example: "visits" } },
    link: async ({ values, isNew }: { values: Readonly<Record<string, string>>; isNew: boolean }) => {
      try {
        await open(values.FILE ?? "");
      } catch (thrown) {
        const why = WisteriaError.from(thrown).message;
        if (isNew) throw new Error(`its store cannot be opened: ${why}`);
      }
    },
  };
  const handlers = operations.map((operation): [string, Handler] => [
    operation,
    async (argument, call) => {
      const store = await open(call.values.FILE ?? "").catch((thrown: unknown) => {
        const why = WisteriaError.from(thrown).message;
        throw new WisteriaError("provider-unavailable", `the store "${call.values.FILE}" cannot be opened: ${why}`);
      });
      return store.carryOut(operation, argument);
    },
  ]);
  const description = describe("wasmcloud:keyvalue", options);
  return { description, answers: new Answers(description.name, Object.fromEntries(handlers), options) };
}
