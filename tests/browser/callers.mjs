// Small actors in text, where a test needs one that does nothing but call, or answer.

import binaryen from "binaryen";

const WAPC = `
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__host_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $length (result i32)))
  (import "wapc" "__host_response" (func $answer (param i32)))
  (memory (export "memory") 1)`;

/** An actor that hands what it is asked on to another, and answers what that one does. */
export function handingOn(actor, operation) {
  return assemble(`(module ${WAPC}
    (data (i32.const 0) "${actor}")
    (data (i32.const 64) "${operation}")
    (func (export "__guest_call") (param $operation i32) (param $length i32) (result i32)
      (call $request (i32.const 1024) (i32.const 2048))
      (if (i32.eqz (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const ${actor.length})
        (i32.const 64) (i32.const ${operation.length}) (i32.const 2048) (local.get $length))) (then (unreachable)))
      (call $answer (i32.const 2048))
      (call $response (i32.const 2048) (call $length))
      (i32.const 1)))`);
}

/** An actor that answers what it is asked. */
export function answering() {
  return assemble(`(module ${WAPC}
    (func (export "__guest_call") (param $operation i32) (param $length i32) (result i32)
      (call $request (i32.const 1024) (i32.const 2048))
      (call $response (i32.const 2048) (local.get $length))
      (i32.const 1)))`);
}

function assemble(text) {
  const module = binaryen.parseText(text);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}
