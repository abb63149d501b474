// Which objects a tab's blob store has, and in which file the content of each is.

import type { ContainerMetadata, ContainerObject, ObjectMetadata } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { compareTexts } from "./arguments.js";
import type { Journal } from "./journal.js";
import { Journaled } from "./journaled.js";

/** A step from one state to the next, as it is kept. Times are in milliseconds since 1970. */
export type Step =
  | ["container", container: string, made: number]
  | ["no container", container: string]
  | ["object", container: string, object: string, file: number, length: number, modified: number, type: string | null, encoding: string | null]
  | ["no object", container: string, object: string];

/** What the content of an object is. */
export interface ContentKind {
  contentType: string | null;
  contentEncoding: string | null;
}

/** An object as the index knows it. */
export interface Row extends ContentKind {
  file: number;
  length: number;
  modified: number;
}

interface Container {
  made: number;
  objects: Map<string, Row>;
}

/** The index of one store. */
export class BlobIndex extends Journaled<Step> {
  readonly #containers = new Map<string, Container>();
  #objects = 0;
  /** Called with the number of each file that no object has any more. */
  onGone: (file: number) => void = () => {};

  /** What the steps come to that a journal kept. */
  constructor(journal: Journal<Step>, kept: Step[][]) {
    super(journal);
    this.replay(kept);
  }

  create(container: string): Promise<void> {
    return this.change((steps) => {
      if (!this.#containers.has(container)) steps.push(["container", container, Date.now()]);
    });
  }

  container(name: string): ContainerMetadata | undefined {
    const container = this.#containers.get(name);
    return container && { containerId: name, createdAt: timestamp(container.made) };
  }

  /** All of them, in the order of their names. */
  containers(): ContainerMetadata[] {
    return sorted(this.#containers.keys()).flatMap((name) => this.container(name) ?? []);
  }

  removeContainer(name: string): Promise<void> {
    return this.change((steps) => {
      if (this.#containers.has(name)) steps.push(["no container", name]);
    });
  }

  row({ containerId, objectId }: ContainerObject): Row | undefined {
    return this.#containers.get(containerId)?.objects.get(objectId);
  }

  object({ containerId, objectId }: ContainerObject): ObjectMetadata | undefined {
    const row = this.row({ containerId, objectId });
    return (
      row && {
        objectId,
        containerId,
        contentLength: row.length,
        lastModified: timestamp(row.modified),
        ...(row.contentType === null ? {} : { contentType: row.contentType }),
        ...(row.contentEncoding === null ? {} : { contentEncoding: row.contentEncoding }),
      }
    );
  }

  /** The names of a container's objects that start so, and come after that one, in their order. */
  names(container: string, prefix: string, after: string | undefined): string[] {
    const names = [...(this.#containers.get(container)?.objects.keys() ?? [])];
    return sorted(names.filter((name) => name.startsWith(prefix) && (after === undefined || compareTexts(name, after) > 0)));
  }

  /** Makes an object what is in that file. */
  put({ containerId, objectId }: ContainerObject, file: number, length: number, kind: ContentKind): Promise<void> {
    return this.change((steps) => {
      if (!this.#containers.has(containerId)) throw noContainer(containerId);
      steps.push(["object", containerId, objectId, file, length, Date.now(), kind.contentType, kind.contentEncoding]);
    });
  }

  remove(place: ContainerObject): Promise<void> {
    return this.change((steps) => {
      if (this.row(place)) steps.push(["no object", place.containerId, place.objectId]);
    });
  }

  /** The numbers of the files that objects have. */
  files(): Set<number> {
    return new Set([...this.#containers.values()].flatMap(({ objects }) => [...objects.values()].map(({ file }) => file)));
  }

  protected get size(): number {
    return this.#containers.size + this.#objects;
  }

  protected steps(): Step[] {
    return [...this.#containers].flatMap(([name, { made, objects }]): Step[] => [
      ["container", name, made],
      ...[...objects].map(
        ([object, { file, length, modified, contentType, contentEncoding }]): Step =>
          ["object", name, object, file, length, modified, contentType, contentEncoding],
      ),
    ]);
  }

  protected apply(step: Step): void {
    switch (step[0]) {
      case "container":
        this.#containers.set(step[1], { made: step[2], objects: new Map() });
        break;
      case "no container":
        for (const object of [...(this.#containers.get(step[1])?.objects.keys() ?? [])]) this.#forget(step[1], object);
        this.#containers.delete(step[1]);
        break;
      case "object": {
        const [, name, object, file, length, modified, contentType, contentEncoding] = step;
        this.#forget(name, object);
        this.#containers.get(name)?.objects.set(object, { file, length, modified, contentType, contentEncoding });
        this.#objects += 1;
        break;
      }
      case "no object":
        this.#forget(step[1], step[2]);
    }
  }

  #forget(container: string, object: string): void {
    const objects = this.#containers.get(container)?.objects;
    const row = objects?.get(object);
    if (!row) return;
    objects?.delete(object);
    this.#objects -= 1;
    this.onGone(row.file);
  }
}

/** The error of an operation on a container that is not there. */
export const noContainer = (name: string) =>
  new WisteriaError("provider-failed", `there is no container "${name}"; make it with Blobstore.CreateContainer first`);

const sorted = (names: Iterable<string>) => [...names].sort(compareTexts);

const timestamp = (millis: number) => ({ sec: Math.floor(millis / 1000), nsec: (millis % 1000) * 1_000_000 });
