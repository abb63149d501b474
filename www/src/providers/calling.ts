// How a provider of the tab calls actors: with values, as it answers.

import { fromPayload, toPayload } from "../payload.js";
import type { CallActor } from "./lazy.js";

/** Calls an actor in a provider's name: the argument and the reply are values, the time is in milliseconds. */
export type CallWithValues = (actor: string, operation: string, argument: unknown, millis: number) => Promise<unknown>;

/** The same call, with values. */
export function withValues(call: CallActor): CallWithValues {
  return async (actor, operation, argument, millis) => fromPayload(await call(actor, operation, toPayload(argument), millis));
}
