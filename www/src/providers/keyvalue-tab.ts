// The providers `keyvalue-opfs` and `keyvalue-indexeddb`: key-value that outlives the tab.

import { Answers, type Answering, type Handler, type PartOf, type ProvidedLink } from "../provide.js";
import { KEY_VALUE, keyValueDescription, type Keeping } from "./descriptions.js";
import { openJournal } from "./journal.js";
import { KeyValueStore, operations, type Change } from "./keyvalue.js";
import { Stores } from "./stores.js";

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function keyValue(lattice: string, where: Keeping): Answering {
  const stores = new Stores("FILE", KEY_VALUE.FILE.example, async (file) => {
    const { journal, kept } = await openJournal<Change>(where, `wisteria/${lattice}/keyvalue/${file}`);
    return new KeyValueStore(journal, kept);
  });
  const options = {
    link: async (link: ProvidedLink) => void (await stores.link(link)),
    export: async (part: PartOf<{ from: string | undefined }>) => (await stores.of(part)).export(part.from),
    import: async (part: PartOf<{ records: string[] }>) => (await stores.of(part)).import(part.records),
  };
  const handlers = operations.map((operation): [string, Handler] => [
    operation,
    async (argument, call) => (await stores.of(call)).carryOut(operation, argument),
  ]);
  return new Answers(keyValueDescription(where).name, Object.fromEntries(handlers), options);
}
