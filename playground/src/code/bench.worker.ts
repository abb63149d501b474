// The worker in which a module takes its unit tests: an instance of its own, away from the lattice. The page ends it where it
// does not come to an end by itself.

import { decode, encode } from "@msgpack/msgpack";
import { fromJson, toJson } from "../lattice/json";
import { BEGUN, type Bench } from "./begun";
import { Guest, messageOf, type HostCall } from "./guest";
import { standIns } from "./stand-ins";
import { outcomeOf, type Outcome } from "./unit-test";

/** A first byte that announces MessagePack. */
const MESSAGE_PACK = 0xc1;

onmessage = ({ data: { module, tests } }: MessageEvent<Bench>) => {
  let written: string[] = [];
  const log = (text: string) => void written.push(text);
  const hostCall = answering(log);
  let compiled: WebAssembly.Module | undefined;
  let guest: Guest | undefined;
  try {
    compiled = new WebAssembly.Module(module as Uint8Array<ArrayBuffer>);
  } catch {
    // Each test tries again, and says why that fails.
  }
  postMessage(BEGUN);
  for (const test of tests) {
    written = [];
    try {
      compiled ??= new WebAssembly.Module(module as Uint8Array<ArrayBuffer>);
      guest ??= new Guest(compiled, hostCall, log);
      const reply = guest.call(test.operation, encode(fromJson(test.input), { ignoreUndefined: true }));
      tell(outcomeOf(test, { reply: toJson(valueOf(reply)) }), written);
    } catch (thrown) {
      const isTrap = thrown instanceof WebAssembly.RuntimeError;
      const failure = (isTrap && guest?.lastWords) || messageOf(thrown);
      if (isTrap) guest = undefined;
      tell(outcomeOf(test, { failure }), written);
    }
  }
};

function tell(outcome: Outcome, log: string[]): void {
  postMessage({ ...outcome, log } satisfies Outcome);
}

function valueOf(bytes: Uint8Array): unknown {
  const body = bytes[0] === MESSAGE_PACK ? bytes.subarray(1) : bytes;
  return body.length === 0 ? null : decode(body);
}

function answering(log: (text: string) => void): HostCall {
  const contracts = standIns(log);
  return (_binding, namespace, operation, payload) => {
    const contract = contracts[namespace];
    if (!contract) throw new Error(`in unit tests nothing stands in for ${namespace}, which ${operation} is for`);
    const answer = contract[operation];
    if (!answer) throw new Error(`in unit tests nothing stands in for ${operation}`);
    return encode(answer(valueOf(payload) as never), { ignoreUndefined: true });
  };
}
