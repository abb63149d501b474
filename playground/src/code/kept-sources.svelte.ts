// The sources that this page has, as plain data, and the browser's copy of them.

import { forgetSource, keepSource, readKeptSources } from "../library/kept";
import type { Source } from "./sources";

class Sources {
  /** In the order in which they came. */
  all = $state.raw<Source[]>([]);
}

/** All sources of this page. */
export const sources = new Sources();

/** Reads what the browser keeps. */
export async function openSources(): Promise<void> {
  const kept = await readKeptSources();
  const isNew = ({ name }: Source) => !sources.all.some((source) => source.name === name);
  sources.all = [...kept.filter(isNew), ...sources.all];
}

/** Adds a source, or replaces the one of its name; the browser keeps it if it can. */
export function changeSource(source: Source): Source {
  const at = sources.all.findIndex(({ name }) => name === source.name);
  sources.all = at < 0 ? [...sources.all, source] : sources.all.with(at, source);
  // It can be worked on whether or not the browser keeps it.
  void keepSource(source).catch(() => undefined);
  return source;
}

/** Notes which version of a source runs under which key; nothing of a version that came without its text. */
export function noteDeployed(name: string, actor: string, { text, revision }: { text?: string; revision: number }): void {
  const source = sources.all.find((one) => one.name === name);
  if (!source || text === undefined) return;
  // Revisions count on where an earlier version runs again.
  changeSource({ ...source, actor, deployed: text, revision: Math.max(revision, source.revision) });
}

/** Removes a source. Its actor runs on. */
export async function removeSource(name: string): Promise<void> {
  sources.all = sources.all.filter((source) => source.name !== name);
  await forgetSource(name).catch(() => undefined);
}
