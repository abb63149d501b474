// The sources of actors that were written on a page, on their way through links: nothing of them is compiled before people apply.

import { portable, sourceOf, takeSource, type PortableSource } from "../code/sources";
import type { ModuleEntry } from "../library/modules.svelte";
import type { SharedSource } from "./format";

/** The sources of actors, by their keys, which name them in a manifest. Only the text that runs is in it. */
export function sourcesOf(actors: string[]): SharedSource[] {
  return actors.flatMap((actor) => {
    const source = sourceOf(actor);
    if (!source) return [];
    const { deployed: text = source.text } = source;
    return [{ image: actor, source: { ...portable(source), text } }];
  });
}

/** Compiles and signs what a link carries, and keeps it in this browser; resolves with modules by image. */
export async function modulesOfSources(shared: SharedSource[]): Promise<Map<string, ModuleEntry>> {
  const modules = new Map<string, ModuleEntry>();
  if (shared.length === 0) return modules;
  const { moduleOfSource } = await import("../code/deploy");
  for (const { image, source } of shared) modules.set(image, await moduleOfSource(await takeSource(source)));
  return modules;
}

/** What people are told of a source before it is taken. */
export function wordsOfSource({ source }: SharedSource): string {
  const { language = "", text = "" } = Object(source) as Partial<PortableSource>;
  const lines = String(text).trimEnd().split("\n").length;
  return `its source is in the link, ${lines} lines of ${language === "wat" ? "WAT" : "AssemblyScript"}`;
}
