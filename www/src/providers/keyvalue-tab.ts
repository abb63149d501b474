// Key-value of tabs: the providers `keyvalue-opfs` and `keyvalue-indexeddb` outlive the tab, `keyvalue-memory` is gone with its host.

import { Answers, type Answering, type Handler, type ProvidedLink, type ProvideOptions } from "../provide.js";
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
  return answers(keyValueDescription(where).name, (link) => stores.of(link), {
    link: async (link) => void (await stores.link(link)),
  });
}

/** The provider of one store that keeps nothing. */
export function keyValueInMemory(): Answering {
  const store = new KeyValueStore({ append() {}, replace() {}, close() {} }, []);
  return answers("keyvalue-memory", async () => store, {});
}

/** Answers by the store of a link. */
function answers(name: string, of: (link: Pick<ProvidedLink, "values">) => Promise<KeyValueStore>, hooks: Pick<ProvideOptions, "link">): Answering {
  const options: ProvideOptions = {
    ...hooks,
    export: async (part) => (await of(part)).export(part.from),
    import: async (part) => (await of(part)).import(part.records),
  };
  const handlers = operations.map((operation): [string, Handler] => [
    operation,
    async (argument, call) => (await of(call)).carryOut(operation, argument),
  ]);
  return new Answers(name, Object.fromEntries(handlers), options);
}
