// Events of the lattice in words.

import type { LatticeEvent } from "wisteria";
import type { NewsLine } from "./state.svelte";

/** The kind of an event, `actors_started`. */
export function kindOf(event: LatticeEvent): string {
  return event.type.replace("com.wasmcloud.lattice.", "");
}

const WORDS: Record<string, string> = {
  actors_started: "actor started",
  actors_stopped: "actor stopped",
  actors_start_failed: "actor did not start",
  actor_scaled: "actor scaled",
  actor_updated: "actor updated",
  actor_update_failed: "actor was not updated",
  provider_started: "provider started",
  provider_stopped: "provider stopped",
  linkdef_set: "link put",
  linkdef_deleted: "link deleted",
  host_started: "host joined",
  host_stopped: "host left",
  labels_changed: "labels changed",
  health_check_failed: "provider is not well",
  health_check_passed: "provider is well",
};

/** An event as a line of news. */
export function describeEvent(event: LatticeEvent): Omit<NewsLine, "id"> {
  const { data, source } = event;
  const kind = kindOf(event);
  const text = (key: string) => (typeof data[key] === "string" ? (data[key] as string) : "");
  const key = text("public_key");
  const actor = text("actor_id") || (key.startsWith("M") ? key : "");
  const about = text("contract_id") || text("error");
  const words = WORDS[kind] ?? kind.replaceAll("_", " ");
  return {
    time: Date.parse(event.time) || Date.now(),
    kind: "event",
    level: kind.endsWith("failed") ? "error" : "info",
    host: source,
    ...(actor ? { actor } : {}),
    text: about ? `${words}: ${about}` : words,
  };
}
