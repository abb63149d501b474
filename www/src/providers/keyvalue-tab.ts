// The providers `keyvalue-opfs` and `keyvalue-indexeddb`: key-value that outlives the tab.

import { Answers, describe, type Handler, type PartOf, type ProvidedLink } from "../provide.js";
import { openJournal, title, type Keeping } from "./journal.js";
import { KeyValueStore, operations, type Change } from "./keyvalue.js";
import type { TabProvider } from "./mod.js";
import { Stores } from "./stores.js";

/** The name of the provider. What is kept elsewhere is another's. */
export const keyValueName = (where: Keeping) => `keyvalue-${where}`;

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function keyValue(lattice: string, where: Keeping): TabProvider {
  const stores = new Stores("FILE", "visits", async (file) => {
    const { journal, kept } = await openJournal<Change>(where, `wisteria/${lattice}/keyvalue/${file}`);
    return new KeyValueStore(journal, kept);
  });
  const options = {
    name: keyValueName(where),
    title: `Key-value that outlives the tab (${title(where)})`,
    values: { FILE: { default: "keyvalue", about: "name of the store", example: "visits" } },
    link: async (link: ProvidedLink) => void (await stores.link(link)),
    export: async (part: PartOf<{ from: string | undefined }>) => (await stores.of(part)).export(part.from),
    import: async (part: PartOf<{ records: string[] }>) => (await stores.of(part)).import(part.records),
  };
  const handlers = operations.map((operation): [string, Handler] => [
    operation,
    async (argument, call) => (await stores.of(call)).carryOut(operation, argument),
  ]);
  const description = describe("wasmcloud:keyvalue", options);
  return { description, answers: new Answers(description.name, Object.fromEntries(handlers), options) };
}
