// What keeps a tab's state step by step, in whatever the browser has for it.

import { openDatabase } from "./database-journal.js";
import type { Keeping } from "./descriptions.js";
import { openFiles } from "./opfs-journal.js";

/** Keeps steps: when it returns, or its promise resolves, they are durable. What it throws is not kept. */
export interface Journal<T> {
  append(steps: T[]): void | Promise<void>;
  /** Has these steps take the place of all that is kept. */
  replace(steps: T[]): void | Promise<void>;
  close(): void;
}

/** Opens a journal, `a/b/c`, with what it has kept. Nobody else may have it open. */
export function openJournal<T>(where: Keeping, path: string): Promise<{ journal: Journal<T>; kept: T[][] }> {
  return where === "opfs" ? openFiles<T>(path) : openDatabase<T>(path);
}
