// What a link to a canvas holds, and its formats: the first character behind the # is the version, the rest is of that version.

import { WisteriaError } from "wisteria";
import { readFirst, writeFirst } from "./first-format";

/** A module that a link carries, under the image that names it in the manifest. */
export interface SharedModule {
  image: string;
  name: string;
  bytes: Uint8Array;
}

/** What an actor that was written on a page is made of, under the image that names it in the manifest. */
export interface SharedSource {
  image: string;
  /** As the page of its maker wrote it; it is yet to be read. */
  source: unknown;
}

/** What a link holds. */
export interface Shared {
  /** As it was written; it is yet to be read. */
  manifest: unknown;
  modules: SharedModule[];
  sources: SharedSource[];
  /** Where things stand, by names that mean the same on every lattice. */
  places: Record<string, { x: number; y: number }>;
}

/** The longest link that every browser and most messages take, in characters behind the #. */
export const MOST_CHARACTERS = 131_072;

/** Readers by version. Those of old versions stay: links do not change once they are sent. */
const READERS: Record<string, (body: string) => Shared> = { "1": readFirst };
/** What is written now. */
const VERSION = "1";

/** What stands behind the # for a canvas. It may be longer than a link may be. */
export function writeShared(shared: Shared): string {
  return VERSION + writeFirst(shared);
}

/** Reads what stands behind the #. Rejects what is too long, too new, cut off or foreign, with the remedy. */
export function readShared(fragment: string): Shared {
  if (fragment.length > MOST_CHARACTERS) {
    const [length, most] = [fragment.length.toLocaleString("en"), MOST_CHARACTERS.toLocaleString("en")];
    throw new WisteriaError("link-too-long", `the link has ${length} characters, and at most ${most} are read; ask for the manifest instead`);
  }
  const [version = "", body] = [fragment.slice(0, 1), fragment.slice(1)];
  const reader = READERS[version];
  if (!reader) {
    const known = Object.keys(READERS).join(", ");
    throw new WisteriaError("link-too-new", `the link is of format ${version}, and this page reads ${known}; load the page again, or open the link where it was made`);
  }
  return reader(body);
}
