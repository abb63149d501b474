// Key-value of a tab that outlives it: what keys hold, and how each operation changes it. Words and results are those of
// all providers of `wasmcloud:keyvalue`.

import type { KeyValue, KeyValueText } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { badArgument, type ExportedPart } from "../provide.js";
import type { Journal } from "./journal.js";
import { Journaled } from "./journaled.js";
import { compareTexts, fields, isI32, isText, isTexts, isU32, optional } from "./arguments.js";

/** A step from one state to the next, as it is kept. */
export type Change =
  | ["text", key: string, text: string, expires: number]
  | ["push", key: string, ...items: string[]]
  | ["cut", key: string, position: number]
  | ["add", key: string, ...members: string[]]
  | ["drop", key: string, member: string]
  | ["delete", key: string];

/** `expires` is in milliseconds since 1970, 0 for never. */
type Value = { text: string; expires: number } | { list: string[] } | { set: Set<string> };

/** Keys, and characters of them, that a part has which goes to another provider, about. */
const [MOST_RECORDS, MOST_LENGTH] = [200, 512 << 10];

const kindOf = (value: Value) => ("text" in value ? "a text" : "list" in value ? "a list" : "a set");
const failed = (message: string) => new WisteriaError("provider-failed", message);

/** One space of keys. Operations are carried out one after another. */
export class KeyValueStore extends Journaled<Change> {
  readonly #values = new Map<string, Value>();

  /** What the steps come to that a journal kept. */
  constructor(journal: Journal<Change>, kept: Change[][]) {
    super(journal);
    this.replay(kept);
  }

  /** Carries out an operation. It is durable when the promise resolves. */
  carryOut<O extends keyof KeyValue>(operation: O, argument: unknown): Promise<ReturnType<KeyValue[O]>> {
    const { read, run } = OPERATIONS[operation] as unknown as Operation;
    if (!read(argument)) throw badArgument(operation, `it is not what ${operation} takes`);
    return this.change((changes) => run(new View(this.#values, changes), argument) as ReturnType<KeyValue[O]>);
  }

  /** A part of the keys in their order, after `after`. */
  export(after: string | undefined): Promise<ExportedPart> {
    return this.change((changes) => {
      const view = new View(this.#values, changes);
      const records: string[] = [];
      let [length, last] = [0, ""];
      for (const key of sorted(this.#values.keys())) {
        const value = after === undefined || compareTexts(key, after) > 0 ? view.of(key) : undefined;
        if (!value) continue;
        if (records.length === MOST_RECORDS || length > MOST_LENGTH) return { records, next: last };
        const record = recordOf(key, value);
        records.push(record);
        [length, last] = [length + record.length, key];
      }
      return { records };
    });
  }

  /** Takes over keys; what they held here is replaced. */
  import(records: string[]): Promise<void> {
    return this.change((changes) => {
      for (const { key, value, expires } of records.map(readRecord)) {
        if (this.#values.has(key)) changes.push(["delete", key]);
        if ("Text" in value) changes.push(["text", key, value.Text, expires ?? 0]);
        else if ("List" in value) changes.push(["push", key, ...value.List]);
        else changes.push(["add", key, ...value.Set]);
      }
    });
  }

  protected get size(): number {
    return this.#values.size;
  }

  protected steps(): Change[] {
    const now = Date.now();
    for (const [key, value] of this.#values) if (hasExpired(value, now)) this.#values.delete(key);
    return [...this.#values].map(([key, value]): Change => {
      if ("text" in value) return ["text", key, value.text, value.expires];
      return "list" in value ? ["push", key, ...value.list] : ["add", key, ...value.set];
    });
  }

  protected apply(change: Change): void {
    const values = this.#values;
    const [kind, key] = change;
    const value = values.get(key);
    switch (kind) {
      case "text":
        values.set(key, { text: change[2], expires: change[3] });
        break;
      case "push": {
        const items = change.slice(2) as string[];
        if (value && "list" in value) for (const item of items) value.list.push(item);
        else values.set(key, { list: items });
        break;
      }
      case "add": {
        const members = change.slice(2) as string[];
        if (value && "set" in value) for (const member of members) value.set.add(member);
        else values.set(key, { set: new Set(members) });
        break;
      }
      case "cut":
        if (value && "list" in value && value.list.splice(change[2], 1) && value.list.length === 0) values.delete(key);
        break;
      case "drop":
        if (value && "set" in value && value.set.delete(change[2]) && value.set.size === 0) values.delete(key);
        break;
      case "delete":
        values.delete(key);
    }
  }
}

/** A key on its way to another provider, as all providers write it; `expires` is in milliseconds since 1970. */
interface KeyRecord {
  key: string;
  value: { Text: string } | { List: string[] } | { Set: string[] };
  expires?: number | null;
}

function recordOf(key: string, value: Value): string {
  const record = (value: KeyRecord["value"], expires: number | null = null) => JSON.stringify({ key, value, expires });
  if ("text" in value) return record({ Text: value.text }, value.expires || null);
  return "list" in value ? record({ List: value.list }) : record({ Set: sorted(value.set) });
}

const isValue = (value: unknown) => [fields({ Text: isText }), fields({ List: isTexts }), fields({ Set: isTexts })].some((check) => check(value));
const isRecord = fields({ key: isText, value: isValue, expires: optional(Number.isSafeInteger) });

function readRecord(text: string): KeyRecord {
  const record: unknown = JSON.parse(text);
  if (!isRecord(record)) throw failed("a record of the other provider cannot be read: it is no key with what it holds");
  return record as KeyRecord;
}

const hasExpired = (value: Value, now: number) => "text" in value && value.expires !== 0 && value.expires <= now;

/** What an operation sees, and the steps that it asks for. */
class View {
  readonly now = Date.now();

  constructor(
    readonly values: ReadonlyMap<string, Value>,
    readonly changes: Change[],
  ) {}

  /** What a key holds. What has expired is forgotten first. */
  of(key: string): Value | undefined {
    const value = this.values.get(key);
    if (!value || !hasExpired(value, this.now)) return value;
    this.changes.push(["delete", key]);
    return undefined;
  }

  text(key: string, wanted: string): { text: string; expires: number } | undefined {
    const value = this.of(key);
    if (value && !("text" in value)) throw wrongKind(key, value, wanted);
    return value;
  }

  list(key: string): string[] {
    const value = this.of(key);
    if (value && !("list" in value)) throw wrongKind(key, value, "a list");
    return value?.list ?? [];
  }

  set(key: string): ReadonlySet<string> {
    const value = this.of(key);
    if (value && !("set" in value)) throw wrongKind(key, value, "a set");
    return value?.set ?? new Set();
  }

  delete(key: string): boolean {
    const had = this.of(key) !== undefined;
    if (had) this.changes.push(["delete", key]);
    return had;
  }
}

const wrongKind = (key: string, found: Value, wanted: string) =>
  failed(`"${key}" holds ${kindOf(found)}, not ${wanted}; use another key, or delete it first`);

const sorted = (members: Iterable<string>) => [...members].sort(compareTexts);

function increment(view: View, { key, value }: { key: string; value: number }): number {
  const found = view.text(key, "a number");
  const number = Number(found?.text ?? 0);
  if (found && (!isI32(number) || String(number) !== found.text)) {
    throw failed(`"${key}" holds a text that is no whole number of 32 bits; set it to one first`);
  }
  const sum = number + value;
  if (!isI32(sum)) throw failed(`"${key}" would leave the range of 32 bits; count under several keys`);
  view.changes.push(["text", key, String(sum), found?.expires ?? 0]);
  return sum;
}

function get(view: View, key: string): KeyValueText {
  const found = view.text(key, "a text");
  return { value: found?.text ?? "", exists: found !== undefined };
}

function setText(view: View, { key, value, expires = 0 }: { key: string; value: string; expires?: number }): void {
  view.changes.push(["text", key, value, expires === 0 ? 0 : view.now + expires * 1000]);
}

function listAdd(view: View, { listName, value }: { listName: string; value: string }): number {
  const { length } = view.list(listName);
  view.changes.push(["push", listName, value]);
  return length + 1;
}

function listDel(view: View, { listName, value }: { listName: string; value: string }): boolean {
  const position = view.list(listName).indexOf(value);
  if (position >= 0) view.changes.push(["cut", listName, position]);
  return position >= 0;
}

function listRange(view: View, { listName, start, stop }: { listName: string; start: number; stop: number }): string[] {
  const list = view.list(listName);
  const fromEnd = (position: number) => Math.max(0, position < 0 ? list.length + position : position);
  return list.slice(fromEnd(start), Math.max(0, (stop < 0 ? list.length + stop : stop) + 1));
}

function setAdd(view: View, { setName, value }: { setName: string; value: string }): number {
  if (view.set(setName).has(value)) return 0;
  view.changes.push(["add", setName, value]);
  return 1;
}

function setDel(view: View, { setName, value }: { setName: string; value: string }): number {
  if (!view.set(setName).has(value)) return 0;
  view.changes.push(["drop", setName, value]);
  return 1;
}

function intersection(view: View, names: string[]): string[] {
  const [first, ...rest] = names.map((name) => view.set(name));
  return sorted([...(first ?? [])].filter((member) => rest.every((set) => set.has(member))));
}

/** How an operation reads its argument, and what it does. */
interface Operation {
  read(argument: unknown): boolean;
  run(view: View, argument: unknown): unknown;
}

const listItem = fields({ listName: isText, value: isText });
const setMember = fields({ setName: isText, value: isText });
const remove = { read: isText, run: (view: View, key: string) => view.delete(key) };

const OPERATIONS = {
  "KeyValue.Increment": { read: fields({ key: isText, value: isI32 }), run: increment },
  "KeyValue.Contains": { read: isText, run: (view: View, key: string) => view.of(key) !== undefined },
  "KeyValue.Del": remove,
  "KeyValue.Get": { read: isText, run: get },
  "KeyValue.Set": { read: fields({ key: isText, value: isText, expires: optional(isU32) }), run: setText },
  "KeyValue.ListAdd": { read: listItem, run: listAdd },
  "KeyValue.ListClear": remove,
  "KeyValue.ListDel": { read: listItem, run: listDel },
  "KeyValue.ListRange": { read: fields({ listName: isText, start: isI32, stop: isI32 }), run: listRange },
  "KeyValue.SetAdd": { read: setMember, run: setAdd },
  "KeyValue.SetDel": { read: setMember, run: setDel },
  "KeyValue.SetIntersection": { read: isTexts, run: intersection },
  "KeyValue.SetQuery": { read: isText, run: (view: View, name: string) => sorted(view.set(name)) },
  "KeyValue.SetUnion": { read: isTexts, run: (view: View, names: string[]) => sorted(new Set(names.flatMap((name) => [...view.set(name)]))) },
  "KeyValue.SetClear": remove,
} satisfies { [O in keyof KeyValue]: { read(argument: unknown): boolean; run(view: View, argument: never): ReturnType<KeyValue[O]> } };

/** All operations. */
export const operations = Object.keys(OPERATIONS) as (keyof KeyValue)[];
