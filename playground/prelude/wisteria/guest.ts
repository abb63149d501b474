// The actor's side of waPC: how hosts call it, and how it calls providers and other actors.

import { hasFailed, noteFailure, takeFailure } from "./failure";
import { decode, encode } from "./messagepack";
import { Value } from "./value";

export { hasFailed, takeFailure } from "./failure";

@external("wapc", "__guest_request")
declare function guestRequest(operation: usize, argument: usize): void;
@external("wapc", "__guest_response")
declare function guestResponse(start: usize, length: usize): void;
@external("wapc", "__guest_error")
declare function guestError(start: usize, length: usize): void;
@external("wapc", "__host_call")
declare function hostCall(
  binding: usize,
  bindingLength: usize,
  namespace: usize,
  namespaceLength: usize,
  operation: usize,
  operationLength: usize,
  argument: usize,
  argumentLength: usize,
): i32;
@external("wapc", "__host_response_len")
declare function hostResponseLength(): usize;
@external("wapc", "__host_response")
declare function hostResponse(start: usize): void;
@external("wapc", "__host_error_len")
declare function hostErrorLength(): usize;
@external("wapc", "__host_error")
declare function hostError(start: usize): void;
@external("wapc", "__console_log")
declare function consoleLog(start: usize, length: usize): void;

const handlers = new Map<string, (argument: Value) => Value>();

/** Has a function answer an operation: it takes the argument and returns the reply. */
export function register(operation: string, handle: (argument: Value) => Value): void {
  handlers.set(operation, handle);
}

/** Ends the call with a reason for the caller once the handler returns: `return fail("there is no such note")`. */
export function fail(reason: string): Value {
  noteFailure(reason);
  return Value.nil();
}

/** Calls whatever provider is linked for a contract; the call fails as it does, unless `takeFailure` takes that back. */
export function callProvider(contract: string, operation: string, argument: Value, link: string = "default"): Value {
  return call(link, contract, operation, argument);
}

/** Calls another actor by its key or call alias; the call fails as it does, unless `takeFailure` takes that back. */
export function callActor(actor: string, operation: string, argument: Value): Value {
  return call("", actor, operation, argument);
}

function call(binding: string, namespace: string, operation: string, argument: Value): Value {
  if (hasFailed()) return Value.nil();
  const payload = encode(argument);
  const link = String.UTF8.encode(binding);
  const target = String.UTF8.encode(namespace);
  const name = String.UTF8.encode(operation);
  const succeeded = hostCall(
    changetype<usize>(link),
    link.byteLength,
    changetype<usize>(target),
    target.byteLength,
    changetype<usize>(name),
    name.byteLength,
    payload.dataStart,
    payload.byteLength,
  );
  if (succeeded == 1) {
    const reply = new Uint8Array(<i32>hostResponseLength());
    hostResponse(reply.dataStart);
    return decode(reply);
  }
  const error = new ArrayBuffer(<i32>hostErrorLength());
  hostError(changetype<usize>(error));
  return fail(String.UTF8.decode(error));
}

/** Called by the host, with the lengths of operation and argument; answers 1 with a reply, 0 with an error. */
export function __guest_call(operationLength: usize, argumentLength: usize): i32 {
  const operation = new ArrayBuffer(<i32>operationLength);
  const argument = new Uint8Array(<i32>argumentLength);
  guestRequest(changetype<usize>(operation), argument.dataStart);
  const succeeded = answer(String.UTF8.decode(operation), argument);
  // Nothing of this call is needed any more.
  __collect();
  return succeeded;
}

function answer(operation: string, argument: Uint8Array): i32 {
  takeFailure();
  const reply = encode(dispatch(operation, argument));
  const failure = takeFailure();
  if (failure === null) {
    guestResponse(reply.dataStart, reply.byteLength);
    return 1;
  }
  const reason = String.UTF8.encode(failure);
  guestError(changetype<usize>(reason), reason.byteLength);
  return 0;
}

function dispatch(operation: string, argument: Uint8Array): Value {
  if (handlers.has(operation)) {
    const value = decode(argument);
    return hasFailed() ? Value.nil() : handlers.get(operation)(value);
  }
  if (operation == "Actor.HealthRequest") return Value.map().set("healthy", true);
  return fail("this actor has no operation " + operation + "; it has: " + handlers.keys().join(", "));
}

/** Called where the code gives up, as by `throw` or beyond the end of an array: the log says why and where. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const place = (file === null ? "" : file) + ":" + line.toString() + ":" + column.toString();
  const words = String.UTF8.encode((message === null ? "it gave up" : message) + " at " + place);
  consoleLog(changetype<usize>(words), words.byteLength);
  guestError(changetype<usize>(words), words.byteLength);
  unreachable();
}
