// What answers a module in its unit tests instead of providers: an empty store for each run, and nobody outside.

/** An operation's answer, from the argument of its caller. */
type Answer = (argument: never) => unknown;

/** Answers by contract and operation, over stores of their own. */
export function standIns(log: (text: string) => void): Record<string, Record<string, Answer>> {
  return {
    "wasmcloud:builtin:logging": {
      "Logging.WriteLog": ({ level, text }: { level: string; text: string }) => log(`${level}: ${text}`),
    },
    "wasmcloud:builtin:numbergen": {
      "NumberGen.GenerateGuid": () => crypto.randomUUID(),
      "NumberGen.Random32": () => random(),
      "NumberGen.RandomInRange": ({ min, max }: { min: number; max: number }) => min + (random() % (max - min + 1)),
    },
    "wasmcloud:messaging": {
      "Messaging.Publish": ({ subject }: { subject: string }) => log(`published on ${subject}`),
    },
    "wasmcloud:keyvalue": keyvalue(),
    "wasmcloud:blobstore": blobstore(),
  };
}

function random(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

function keyvalue(): Record<string, Answer> {
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const sets = new Map<string, Set<string>>();
  const setOf = (name: string) => sets.get(name) ?? new Set<string>();
  const common = (one: string[], name: string) => one.filter((member) => setOf(name).has(member));
  return {
    "KeyValue.Increment": ({ key, value }: { key: string; value: number }) => {
      const now = Number(values.get(key) ?? 0) + value;
      if (!Number.isInteger(now)) throw new Error(`the value of ${key} is no whole number`);
      values.set(key, `${now}`);
      return now;
    },
    "KeyValue.Contains": (key: string) => values.has(key),
    "KeyValue.Del": (key: string) => values.delete(key),
    "KeyValue.Get": (key: string) => ({ value: values.get(key) ?? "", exists: values.has(key) }),
    "KeyValue.Set": ({ key, value }: { key: string; value: string }) => void values.set(key, value),
    "KeyValue.ListAdd": ({ listName, value }: { listName: string; value: string }) => {
      const list = [...(lists.get(listName) ?? []), value];
      lists.set(listName, list);
      return list.length;
    },
    "KeyValue.ListClear": (name: string) => lists.delete(name),
    "KeyValue.ListDel": ({ listName, value }: { listName: string; value: string }) => {
      const list = lists.get(listName) ?? [];
      const at = list.indexOf(value);
      if (at >= 0) lists.set(listName, list.toSpliced(at, 1));
      return at >= 0;
    },
    "KeyValue.ListRange": ({ listName, start, stop }: { listName: string; start: number; stop: number }) => {
      const list = lists.get(listName) ?? [];
      return list.slice(start, stop < 0 ? list.length + stop + 1 : stop + 1);
    },
    "KeyValue.SetAdd": ({ setName, value }: { setName: string; value: string }) => {
      const set = setOf(setName);
      if (set.has(value)) return 0;
      sets.set(setName, set.add(value));
      return 1;
    },
    "KeyValue.SetDel": ({ setName, value }: { setName: string; value: string }) =>
      Number(setOf(setName).delete(value)),
    "KeyValue.SetQuery": (name: string) => [...setOf(name)],
    "KeyValue.SetIntersection": ([first = "", ...others]: string[]) => others.reduce(common, [...setOf(first)]),
    "KeyValue.SetUnion": (names: string[]) => [...new Set(names.flatMap((name) => [...setOf(name)]))],
    "KeyValue.SetClear": (name: string) => sets.delete(name),
  };
}

interface Place {
  containerId: string;
  objectId: string;
}
type Chunk = Place & { bytes: Uint8Array };

function blobstore(): Record<string, Answer> {
  const containers = new Map<string, Map<string, Uint8Array>>();
  const container = (name: string) => {
    const found = containers.get(name);
    if (!found) throw new Error(`there is no container ${name}; create it first`);
    return found;
  };
  const objectAt = ({ containerId, objectId }: Place) => {
    const found = container(containerId).get(objectId);
    if (!found) throw new Error(`container ${containerId} has no object ${objectId}`);
    return found;
  };
  const add = ({ containerId, objectId, bytes }: Chunk, before: Uint8Array) =>
    void container(containerId).set(objectId, Uint8Array.from([...before, ...bytes]));
  return {
    "Blobstore.CreateContainer": (name: string) => void containers.set(name, containers.get(name) ?? new Map()),
    "Blobstore.ContainerExists": (name: string) => containers.has(name),
    "Blobstore.ObjectExists": ({ containerId, objectId }: Place) => containers.get(containerId)?.has(objectId) ?? false,
    "Blobstore.GetObjectInfo": (place: Place) => ({ ...place, contentLength: objectAt(place).length }),
    "Blobstore.ListObjects": ({ containerId, startWith = "" }: { containerId: string; startWith?: string }) => {
      const names = [...container(containerId).keys()].filter((name) => name.startsWith(startWith)).sort();
      const infoOf = (objectId: string) => ({ containerId, objectId, contentLength: objectAt({ containerId, objectId }).length });
      return { objects: names.map(infoOf), isLast: true };
    },
    "Blobstore.RemoveObjects": ({ containerId, objects }: { containerId: string; objects: string[] }) => {
      for (const object of objects) container(containerId).delete(object);
      return [];
    },
    "Blobstore.PutObject": ({ chunk }: { chunk: Chunk }) => {
      add(chunk, new Uint8Array());
      return { streamId: "1" };
    },
    "Blobstore.PutChunk": ({ chunk }: { chunk: Chunk }) => add(chunk, objectAt(chunk)),
    "Blobstore.GetObject": ({ rangeStart = 0, rangeEnd, ...place }: Place & { rangeStart?: number; rangeEnd?: number }) => {
      const bytes = objectAt(place).slice(rangeStart, rangeEnd === undefined ? undefined : rangeEnd + 1);
      const initialChunk = { ...place, bytes, offset: rangeStart, isLast: true };
      return { success: true, initialChunk, contentLength: bytes.length };
    },
  };
}
