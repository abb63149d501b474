// What the image of an actor in a manifest stands for on this page: a sample, a module of the user, one that came along, or an
// actor of the lattice.

import { WisteriaError } from "wisteria";
import type { Manifest, ManifestComponent } from "wisteria/manifests";
import { describeModule, library, moduleOf, type ModuleEntry } from "../library/modules.svelte";

/** A module that came along with a manifest, under the image that names it there. */
export interface CarriedModule {
  name: string;
  bytes: Uint8Array;
}

/** What came along with a manifest, by image. */
export type Carried = ReadonlyMap<string, CarriedModule>;

/** In manifests, the stage of the tab that applies them: the provider of `wisteria:ui` that each tab has under another name. */
export const STAGE = "stage";
/** The key of an actor. */
const KEY = /^M[A-Z2-7]{55}$/;
/** The largest module that is fetched, in bytes. */
const MOST_BYTES = 16 << 20;

type ActorComponent = Extract<ManifestComponent, { type: "actor" }>;

/** The actors of a manifest. */
export function actorsOf(manifest: Manifest): ActorComponent[] {
  return manifest.spec.components.filter((component) => component.type === "actor");
}

/** A manifest with its actors' images as `name` has them. */
export function withImages(manifest: Manifest, name: (image: string) => string): Manifest {
  const components = manifest.spec.components.map((component) =>
    component.type === "actor" ? { ...component, properties: { image: name(component.properties.image) } } : component,
  );
  return { ...manifest, spec: { ...manifest.spec, components } };
}

/** A manifest with the images of its capabilities as `name` has them. */
export function withCapabilities(manifest: Manifest, name: (image: string) => string): Manifest {
  const components = manifest.spec.components.map((component) =>
    component.type === "capability"
      ? { ...component, properties: { ...component.properties, image: name(component.properties.image) } }
      : component,
  );
  return { ...manifest, spec: { ...manifest.spec, components } };
}

/** Where others find a module that this page names by its actor's key: samples lie on every site of the playground. */
export function portableImage(image: string): string {
  const entry = moduleOf(image);
  return entry?.source === "sample" && entry.url ? entry.url.replace(new URL(".", document.baseURI).href, "") : image;
}

/** Whether nothing but this page, or its lattice, knows the module of an image. */
export function isKnownHereAlone(image: string): boolean {
  return KEY.test(image);
}

/**
 * The module of an image. Where `elsewhere` is allowed, one that is no sample is fetched from its address, relative to the page's;
 * it is refused otherwise. Rejects as `module-not-found`, with the remedy.
 */
export async function moduleOfImage(image: string, carried: Carried, elsewhere: boolean): Promise<ModuleEntry> {
  const along = carried.get(image);
  if (along) return describeModule(along.bytes, along.name);
  const known = moduleOf(image);
  if (known) return known;
  if (KEY.test(image)) return ofLattice(image);
  const url = addressOf(image);
  const sample = library.entries.find((entry) => entry.url === url.href);
  if (sample) return sample;
  if (!elsewhere) {
    throw notFound(`the link names a module at ${url.href}, and links start nothing from other places; ask for the manifest, and import that`);
  }
  return describeModule(await fetched(url), url.pathname.split("/").at(-1) ?? image);
}

/** An actor whose module the lattice has, where it runs. */
function ofLattice(id: string): ModuleEntry {
  return { id, source: "lattice", name: id.slice(0, 8), about: "", size: 0, contracts: [], operations: [], issuer: "" };
}

function addressOf(image: string): URL {
  try {
    return new URL(image, document.baseURI);
  } catch (cause) {
    throw notFound(`${image} is no address of a module; write one such as library/kv_counter.wasm`, cause);
  }
}

async function fetched(url: URL): Promise<Uint8Array> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw notFound(`${url.href} does not answer, or this page may not ask it; open the module as a .wasm file, and name it by its actor's key`, cause);
  });
  if (!response.ok) {
    throw notFound(`${url.href} answers ${response.status}; write an address below this page's, or the key of an actor that the library or the lattice has`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > MOST_BYTES) throw notFound(`${url.href} has more than ${MOST_BYTES >> 20} MiB; name a smaller module`);
  return bytes;
}

function notFound(message: string, cause?: unknown): WisteriaError {
  return new WisteriaError("module-not-found", message, cause === undefined ? {} : { cause });
}
