// `wasmcloud:builtin:numbergen`: random numbers.

import { callProvider } from "./guest";
import { Value } from "./value";

/** Random numbers; no link is needed. */
export namespace random {
  /** A random UUID. */
  export function guid(): string {
    return call("GenerateGuid", Value.nil()).textOr("");
  }

  /** A random number of 32 bits. */
  export function number(): u32 {
    return whole(call("Random32", Value.nil()));
  }

  /** A random number within bounds, both included. */
  export function inRange(least: u32, most: u32): u32 {
    return whole(call("RandomInRange", Value.map().set("min", least).set("max", most)));
  }
}

function call(operation: string, argument: Value): Value {
  return callProvider("wasmcloud:builtin:numbergen", "NumberGen." + operation, argument);
}

function whole(value: Value): u32 {
  return value.isNil ? 0 : <u32>value.i64;
}
