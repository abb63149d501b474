// How keys and contracts are shown.

import type { ClaimsSummary } from "wisteria";

/** A key as people tell it apart: its first eight characters. */
export function shortKey(key: string): string {
  return key.length > 10 ? `${key.slice(0, 8)}…` : key;
}

/** The contracts that an actor claims; none are known of an unsigned one. */
export function contractsOf(claims: ClaimsSummary | undefined): string[] {
  return claims?.caps ? claims.caps.split(",") : [];
}

/** Operations that people try first. */
export const KNOWN_OPERATIONS = ["HttpServer.HandleRequest", "MessageSubscriber.HandleMessage", "Actor.HealthRequest"];

/** An argument to begin with, for an operation that is known. */
export function exampleFor(operation: string): string {
  const examples: Record<string, unknown> = {
    "HttpServer.HandleRequest": { method: "GET", path: "/hello", queryString: "", header: {}, body: { base64: "" } },
    "MessageSubscriber.HandleMessage": { subject: "hello", body: { base64: "aGk=" } },
    "Actor.HealthRequest": {},
  };
  const example = examples[operation];
  return example === undefined ? "" : JSON.stringify(example, null, 2);
}
