// Asks what was asked before once more: the same actor, another one, or a module that is started for that alone.

import { WisteriaError, type Link } from "wisteria";
import { joinedHost } from "../lattice/client";
import { lattice } from "../lattice/state.svelte";
import { contractsOf, nameOfActor } from "../lattice/view";
import { bytesOf, type ModuleEntry } from "../library/modules.svelte";
import { readPayload, type Payload } from "./payloads";
import type { Recorded } from "./recorder.svelte";

/** How long an answer may take, in milliseconds. */
const DEADLINE = 10_000;

/** Contracts by which an actor asks, and is not asked: links of these bring an actor nothing that it did not call for. */
const ASKING = [
  "wasmcloud:keyvalue",
  "wisteria:keyvalue2",
  "wasmcloud:blobstore",
  "wasmcloud:sqldb",
  "wasmcloud:httpclient",
  "wisteria:secrets",
];

/** Who is asked. */
export type Asked = { kind: "actor"; actor: string } | { kind: "module"; module: ModuleEntry };

/** What came of it. */
export interface Answer {
  payload: Payload;
  /** The code of a failure, whose message is the payload. */
  failed?: string;
  /** Milliseconds. */
  took: number;
}

/** The answer that was recorded. */
export async function recordedAnswer({ output, bytesOut, error, took }: Recorded): Promise<Answer> {
  if (error) return { payload: { text: error.message, as: "text" }, failed: error.code, took };
  return { payload: await readPayload(output, bytesOut), took };
}

/** Has a call be made again. Never rejects: a failure is an answer, too. */
export async function replay(call: Recorded, asked: Asked): Promise<Answer> {
  const began = performance.now();
  try {
    if (asked.kind === "actor") return await ask(asked.actor, call);
    return await askModule(asked.module, call);
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    return { payload: { text: message, as: "text" }, failed: code, took: performance.now() - began };
  }
}

async function ask(actor: string, { operation, input = new Uint8Array() }: Recorded): Promise<Answer> {
  const began = performance.now();
  const output = await joinedHost().call(actor, operation, input, { raw: true, deadline: DEADLINE });
  const took = performance.now() - began;
  return { payload: await readPayload(output, output.length), took };
}

/** Runs a module in this tab under a key of its own, linked as the actor is that was asked, for one call. */
async function askModule(module: ModuleEntry, call: Recorded): Promise<Answer> {
  const host = joinedHost();
  const links = lattice.links.filter(({ actor_id, contract_id }) => actor_id === call.target && ASKING.includes(contract_id));
  const capabilities = [...new Set([...module.contracts, ...contractsOf(call.target)])];
  const signed = await host.sign(await bytesOf(module), { name: `Replay for ${nameOfActor(call.target)}`, capabilities });
  const actor = await host.actors.start(signed, { maxInstances: 1 });
  const put: Link[] = [];
  try {
    for (const { status: _, ...link } of links) {
      const own = { ...link, actor_id: actor };
      await host.links.put(own);
      put.push(own);
    }
    return await ask(actor, call);
  } finally {
    const ends = put.map((link) => host.links.del(link.actor_id, link.contract_id, link.link_name));
    await Promise.allSettled([...ends, host.actors.stop(actor)]);
  }
}
