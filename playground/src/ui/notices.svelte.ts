// What the user is told: failures stay until they are dismissed, the rest goes by itself.

import { WisteriaError } from "wisteria";
import { freshId } from "../lattice/state.svelte";

/** A notice in sight. */
export interface Notice {
  id: number;
  level: "info" | "error";
  title: string;
  /** Cause and remedy. */
  message: string;
  code: string;
}

/** Notices in sight at once; the oldest goes beyond. */
const BOUND = 6;
/** How long what is no failure stays, in milliseconds. */
const INFO_STAYS = 4000;

class Notices {
  shown = $state.raw<Notice[]>([]);
}

/** What is shown. */
export const notices = new Notices();

function show(notice: Omit<Notice, "id">): number {
  const id = freshId();
  // The same failure again replaces the one that is there.
  const others = notices.shown.filter(({ title, message }) => title !== notice.title || message !== notice.message);
  notices.shown = [...others, { id, ...notice }].slice(-BOUND);
  return id;
}

/** Shows what failed while `title` was done. */
export function showFailure(title: string, thrown: unknown): void {
  const { code, message } = WisteriaError.from(thrown);
  show({ level: "error", title, message, code });
}

/** Says what was done. */
export function showInfo(title: string, message = ""): void {
  const id = show({ level: "info", title, message, code: "" });
  setTimeout(() => dismiss(id), INFO_STAYS);
}

/** Removes a notice from sight. */
export function dismiss(id: number): void {
  notices.shown = notices.shown.filter((notice) => notice.id !== id);
}
