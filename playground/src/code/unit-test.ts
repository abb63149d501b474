// What became of a unit test: the reply that it got beside the one that it expects.

import type { UnitTest } from "./sources";

/** What a call brought: its reply as JSON, or why it failed. */
export type Got = { reply: string } | { failure: string };

/** The outcome of one test. */
export interface Outcome {
  isMet: boolean;
  /** The reply as JSON, or the failure in words. */
  got: string;
  /** Why it is not met, where reply and expectation alone do not tell. */
  why?: string;
  /** What the actor wrote meanwhile. */
  log?: string[];
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Compares what a test got with what it expects. */
export function outcomeOf({ expected }: UnitTest, got: Got): Outcome {
  let wanted: Json;
  try {
    wanted = expected.trim() === "" ? null : (JSON.parse(expected) as Json);
  } catch {
    const said = "reply" in got ? got.reply : got.failure;
    return { isMet: false, got: said, why: 'What is expected is no JSON; write a text as "text"' };
  }
  if ("reply" in got) return { isMet: fits(wanted, JSON.parse(got.reply) as Json), got: got.reply };
  const failure = wanted !== null && typeof wanted === "object" && !Array.isArray(wanted) ? wanted["error"] : undefined;
  const isMet = typeof failure === "string" && got.failure.includes(failure);
  return { isMet, got: got.failure, ...(isMet ? {} : { why: "The call failed" }) };
}

/** Whether a reply has all that is wanted. A body that is JSON may be wanted as what it stands for. */
export function fits(wanted: Json, got: Json): boolean {
  if (wanted === null || typeof wanted !== "object") return wanted === got;
  if (typeof got === "string") return fitsText(wanted, got);
  if (Array.isArray(wanted)) {
    return Array.isArray(got) && got.length === wanted.length && wanted.every((part, at) => fits(part, got[at] ?? null));
  }
  if (got === null || typeof got !== "object" || Array.isArray(got)) return false;
  return Object.entries(wanted).every(([name, part]) => name in got && fits(part, got[name] ?? null));
}

function fitsText(wanted: Json, text: string): boolean {
  try {
    const read = JSON.parse(text) as Json;
    return typeof read !== "string" && fits(wanted, read);
  } catch {
    return false;
  }
}
