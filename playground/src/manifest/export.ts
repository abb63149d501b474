// The manifest of what is on the canvas, or of some of its actors and what they are linked to.

import type { Manifest } from "wisteria/manifests";
import { applications } from "../lattice/client";
import { moduleOf } from "../library/modules.svelte";
import { isStage } from "../stage/name";
import { actorsOf, isKnownHereAlone, portableImage, STAGE, withCapabilities, withImages } from "./images";

/** A manifest, and what others would not find of it. */
export interface Exported {
  manifest: Manifest;
  /** Its actors: their keys, and the images that name their modules. */
  actors: { name: string; key: string; image: string }[];
  /** The names of those whose modules only this page or this lattice has. */
  notPortable: string[];
}

/** The manifest of what runs, or, where actors are given by their keys, of these with the providers that they are linked to. */
export async function exportManifest(name: string, only?: ReadonlySet<string>): Promise<Exported> {
  const known = await applications();
  const whole = await known.export(name);
  const part = only ? partOf(whole, only) : whole;
  const named = withNames(part);
  const actors = actorsOf(named).map(({ name, properties: { image } }) => ({ name, key: image, image: portableImage(image) }));
  // Each tab has a stage under a name of its own.
  const staged = withCapabilities(named, (image) => (isStage(image) ? STAGE : image));
  const manifest = withImages(staged, portableImage);
  const notPortable = actors.filter(({ image }) => isKnownHereAlone(image)).map((actor) => actor.name);
  return { manifest, actors, notPortable };
}

/** Hosts do not know what unsigned actors are called; the library does. Links lead to capabilities, which keep their names. */
function withNames(manifest: Manifest): Manifest {
  const taken = new Set(manifest.spec.components.filter(({ type }) => type === "capability").map(({ name }) => name));
  const components = manifest.spec.components.map((component) => {
    if (component.type === "capability") return component;
    const name = unused(moduleOf(component.properties.image)?.name ?? component.name, taken);
    taken.add(name);
    return { ...component, name };
  });
  return { ...manifest, spec: { ...manifest.spec, components } };
}

/** A name as components have them, with a number where it is taken. */
function unused(wanted: string, taken: ReadonlySet<string>): string {
  const plain = wanted.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "actor";
  let name = plain;
  for (let number = 2; taken.has(name); number++) name = `${plain}-${number}`;
  return name;
}

/** The actors of a manifest that are asked for, and the capabilities that their links lead to. */
function partOf(manifest: Manifest, only: ReadonlySet<string>): Manifest {
  const actors = actorsOf(manifest).filter(({ properties }) => only.has(properties.image));
  const targets = new Set(
    actors.flatMap(({ traits = [] }) => traits.flatMap((trait) => (trait.type === "linkdef" ? [trait.properties.target] : []))),
  );
  const kept = new Set([...actors.map(({ name }) => name), ...targets]);
  const components = manifest.spec.components.filter((component) => kept.has(component.name));
  return { ...manifest, spec: { ...manifest.spec, components } };
}
