// `wasmcloud:keyvalue`: numbers, texts, lists and sets under keys.

import { callProvider } from "./guest";
import { Value } from "./value";

/** Numbers, texts, lists and sets under keys; `link` names the link that leads to them. */
export namespace keyvalue {
  /** Adds to a number; returns the new value. */
  export function increment(key: string, by: i32 = 1, link: string = "default"): i32 {
    return call("Increment", Value.map().set("key", key).set("value", by), link).i32Or(0);
  }

  /** Whether a key exists. */
  export function contains(key: string, link: string = "default"): bool {
    return call("Contains", Value.of(key), link).boolOr(false);
  }

  /** The value of a key; `null` if there is none. */
  export function get(key: string, link: string = "default"): string | null {
    const found = call("Get", Value.of(key), link);
    return found.get("exists").boolOr(false) ? found.get("value").text : null;
  }

  /** Sets the value of a key, for so many seconds, or with 0 for ever. */
  export function set(key: string, value: string, seconds: u32 = 0, link: string = "default"): void {
    call("Set", Value.map().set("key", key).set("value", value).set("expires", seconds), link);
  }

  /** Deletes a key; returns whether it existed. */
  export function del(key: string, link: string = "default"): bool {
    return call("Del", Value.of(key), link).boolOr(false);
  }

  /** Adds to the end of a list; returns its length. */
  export function listAdd(list: string, value: string, link: string = "default"): i32 {
    return call("ListAdd", Value.map().set("listName", list).set("value", value), link).i32Or(0);
  }

  /** Part of a list, first and last position included; -1 is the last one. */
  export function listRange(list: string, start: i32 = 0, stop: i32 = -1, link: string = "default"): string[] {
    return call("ListRange", Value.map().set("listName", list).set("start", start).set("stop", stop), link).texts;
  }

  /** Removes the first such item of a list; returns whether there was one. */
  export function listDel(list: string, value: string, link: string = "default"): bool {
    return call("ListDel", Value.map().set("listName", list).set("value", value), link).boolOr(false);
  }

  /** Removes a list; returns whether it existed. */
  export function listClear(list: string, link: string = "default"): bool {
    return call("ListClear", Value.of(list), link).boolOr(false);
  }

  /** Adds to a set; returns whether it was not in it. */
  export function setAdd(set: string, value: string, link: string = "default"): bool {
    return call("SetAdd", Value.map().set("setName", set).set("value", value), link).i32Or(0) == 1;
  }

  /** Removes from a set; returns whether it was in it. */
  export function setDel(set: string, value: string, link: string = "default"): bool {
    return call("SetDel", Value.map().set("setName", set).set("value", value), link).i32Or(0) == 1;
  }

  /** What is in a set. */
  export function setQuery(set: string, link: string = "default"): string[] {
    return call("SetQuery", Value.of(set), link).texts;
  }

  /** What is in all of these sets. */
  export function setIntersection(sets: string[], link: string = "default"): string[] {
    return call("SetIntersection", Value.of(sets), link).texts;
  }

  /** What is in any of these sets. */
  export function setUnion(sets: string[], link: string = "default"): string[] {
    return call("SetUnion", Value.of(sets), link).texts;
  }

  /** Removes a set; returns whether it existed. */
  export function setClear(set: string, link: string = "default"): bool {
    return call("SetClear", Value.of(set), link).boolOr(false);
  }
}

function call(operation: string, argument: Value, link: string): Value {
  return callProvider("wasmcloud:keyvalue", "KeyValue." + operation, argument, link);
}
