// Links to what is on the canvas: made from it, and taken from the page's address.

import { exportManifest } from "../manifest/export";
import { bytesOf, moduleOf } from "../library/modules.svelte";
import { writeShared, type SharedModule } from "./format";
import { sharedPlaces } from "./places";
import { sourcesOf } from "./sources";

/** What is to be in a link beside the manifest. */
export interface LinkOptions {
  name: string;
  /** Modules of the user's own. */
  modules: boolean;
  /** Sources of actors that were written here, in place of their modules. */
  sources: boolean;
  /** Where things stand on the canvas. */
  places: boolean;
}

/** A link, and what its maker should know. */
export interface MadeLink {
  url: string;
  /** Characters behind the #. */
  length: number;
  /** The names of actors whose modules are not in it, and not on every playground. */
  missing: string[];
  /** How large the modules of the user are, in bytes. */
  moduleBytes: number;
  /** How many actors were written here. */
  written: number;
}

/** Makes a link of what runs. */
export async function makeLink({ name, modules, sources, places }: LinkOptions): Promise<MadeLink> {
  const { manifest, actors } = await exportManifest(name);
  const written = sourcesOf(actors.map(({ key }) => key));
  const bySource = new Set(sources ? written.map(({ image }) => image) : []);
  const own = actors.flatMap(({ image }) => {
    const entry = moduleOf(image);
    return entry?.source === "own" && !bySource.has(image) ? [{ image, entry }] : [];
  });
  const carried = await Promise.all(
    (modules ? own : []).map(async ({ image, entry }): Promise<SharedModule> => ({ image, name: `${entry.name}.wasm`, bytes: await bytesOf(entry) })),
  );
  const known = new Set([...carried.map(({ image }) => image), ...bySource]);
  const missing = actors.filter(({ image }) => image.startsWith("M") && !known.has(image)).map((actor) => actor.name);
  const keys = new Map(actors.map((actor) => [actor.name, actor.key]));
  const fragment = writeShared({ manifest, modules: carried, sources: sources ? written : [], places: places ? sharedPlaces(keys) : {} });
  const url = new URL(location.href);
  // A token in the address is for this page alone.
  url.hash = fragment;
  const moduleBytes = own.reduce((sum, { entry }) => sum + entry.size, 0);
  return { url: url.href, length: fragment.length, missing, moduleBytes, written: written.length };
}
