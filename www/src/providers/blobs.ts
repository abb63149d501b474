// The objects of a tab's blob store: their index, their files, and what is being written and read. Words and results are those
// of all providers of `wasmcloud:blobstore`.

import type { Blobstore, Chunk, ContainerObject, GetObjectResponse, ItemResult, ListObjectsRequest } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { badArgument } from "../provide.js";
import { bytesOf, compareTexts, fields, isBoolean, isBytes, isText, isTexts, isU32, isU64, optional } from "./arguments.js";
import { noContainer, type BlobIndex } from "./blob-index.js";
import type { ObjectFiles } from "./object-files.js";
import { Uploads } from "./uploads.js";

/** Bytes that an actor gets at once. */
const CHUNK = 256 << 10;
/** Objects that a link may be reading at a time, beyond their first chunks. */
const MOST_DOWNLOADS = 16;
/** Objects that a listing has at most. */
const MOST_LISTED = 1000;
/** The longest name of an object, in bytes. */
const MOST_NAME = 512;

const failed = (message: string) => new WisteriaError("provider-failed", message);

/** Hands the actor a further chunk; resolves with whether it wants no more. */
export type SendChunk = (chunk: Chunk) => Promise<boolean>;

/** A store of objects. */
export class Blobs {
  readonly #index: BlobIndex;
  readonly #files: ObjectFiles;
  /** How often each file is being read. One that is, is removed afterwards. */
  readonly #reading = new Map<number, number>();
  readonly #gone = new Set<number>();
  #next: number;

  private constructor(index: BlobIndex, files: ObjectFiles, next: number) {
    this.#index = index;
    this.#files = files;
    this.#next = next;
    index.onGone = (file) => this.#discard(file);
  }

  /** Opens it, and removes the files that no object has: a tab ended before it could. */
  static async open(index: BlobIndex, files: ObjectFiles): Promise<Blobs> {
    const kept = index.files();
    const there = await files.numbers();
    for (const number of there) if (!kept.has(number)) await files.remove(number);
    return new Blobs(index, files, Math.max(0, ...kept) + 1);
  }

  get index(): BlobIndex {
    return this.#index;
  }

  /** Begins the file of an object. */
  async create() {
    const number = this.#next++;
    return { number, writer: await this.#files.create(number) };
  }

  /** Removes a file that no object has, once nobody reads it. */
  #discard(file: number): void {
    this.#gone.add(file);
    if (!this.#reading.has(file)) void this.#removeGone(file);
  }

  async #removeGone(file: number): Promise<void> {
    this.#gone.delete(file);
    await this.abandon(file);
  }

  /** Removes a file that came to nothing. Where that fails, it goes when the store is opened again. */
  async abandon(file: number): Promise<void> {
    await this.#files.remove(file).catch((thrown: unknown) => {
      console.warn(`a file of no use cannot be removed now: ${WisteriaError.from(thrown).message}`);
    });
  }

  /** The first chunk of an object; the others are sent, unless `isOver`. `room` is taken for them. */
  async read(place: ContainerObject, from: number, to: number, room: () => () => void, send: SendChunk, isOver: () => boolean): Promise<GetObjectResponse> {
    const row = this.#index.row(place);
    if (!row) return { success: false, error: noObject(place), contentLength: 0 };
    const end = Math.max(from, Math.min(to + 1, row.length));
    const chunk = async (offset: number): Promise<Chunk> => {
      const last = Math.min(offset + CHUNK, end);
      const bytes = last > offset ? await this.#files.read(row.file, offset, last) : new Uint8Array();
      return { ...place, bytes, offset, isLast: last === end };
    };
    const release = this.#hold(row.file);
    try {
      const first = await chunk(from);
      if (!first.isLast) void this.#sendRest(place, from + CHUNK, chunk, send, isOver, room(), this.#hold(row.file));
      const { contentType, contentEncoding } = this.#index.object(place) ?? {};
      return { success: true, initialChunk: first, contentLength: end - from, contentType, contentEncoding } as GetObjectResponse;
    } finally {
      release();
    }
  }

  async #sendRest(place: ContainerObject, from: number, chunk: (offset: number) => Promise<Chunk>, send: SendChunk, isOver: () => boolean, ...ends: (() => void)[]) {
    try {
      for (let offset = from; !isOver(); offset += CHUNK) {
        const next = await chunk(offset);
        if ((await send(next)) || next.isLast) break;
      }
    } catch (thrown) {
      console.warn(`object "${place.objectId}" is not read to its end: ${WisteriaError.from(thrown).message}`);
    } finally {
      for (const end of ends) end();
    }
  }

  /** Keeps a file until what it returns is called. */
  #hold(file: number): () => void {
    this.#reading.set(file, (this.#reading.get(file) ?? 0) + 1);
    return () => {
      const left = (this.#reading.get(file) ?? 1) - 1;
      if (left > 0) return void this.#reading.set(file, left);
      this.#reading.delete(file);
      if (this.#gone.has(file)) void this.#removeGone(file);
    };
  }
}

/** A link to a store. */
export class LinkedBlobs {
  readonly #open: () => Promise<Blobs>;
  readonly #send: SendChunk;
  readonly uploads: Uploads;
  #downloads = 0;
  #isOver = false;

  constructor(open: () => Promise<Blobs>, mostBytes: number, send: SendChunk) {
    this.#open = open;
    this.#send = send;
    this.uploads = new Uploads(mostBytes);
  }

  /** Carries out an operation. It is durable when the promise resolves. */
  async carryOut(operation: keyof Blobstore, argument: unknown): Promise<unknown> {
    const { read, run } = OPERATIONS[operation] as unknown as Operation;
    if (!read(argument)) throw badArgument(operation, `it is not what ${operation} takes`);
    return run(await this.#open(), argument, this);
  }

  /** The link is gone, here: what was being written and read ends. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.uploads.end();
  }

  read(store: Blobs, place: ContainerObject, from: number, to: number): Promise<GetObjectResponse> {
    const room = () => {
      if (this.#downloads >= MOST_DOWNLOADS) {
        throw failed(`${MOST_DOWNLOADS} objects are being read through this link already; read this one after one of them`);
      }
      this.#downloads += 1;
      return () => void (this.#downloads -= 1);
    };
    return store.read(place, from, to, room, this.#send, () => this.#isOver);
  }
}

const noObject = ({ containerId, objectId }: ContainerObject) => `there is no object "${objectId}" in container "${containerId}"`;

function checkContainer(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/.test(name)) return name;
  throw failed(`${JSON.stringify(name)} is no name of a container; use 1 to 64 letters, digits, '_', '-' and '.', the first of which is no '.'`);
}

function checkObject<T extends ContainerObject>(place: T): ContainerObject {
  const { containerId, objectId } = place;
  checkContainer(containerId);
  const isFine = new TextEncoder().encode(objectId).length <= MOST_NAME && !/\p{Cc}/u.test(objectId) && objectId.split("/").every((part) => !["", ".", ".."].includes(part));
  if (isFine) return { containerId, objectId };
  throw failed(
    `${JSON.stringify(objectId)} is no name of an object; use 1 to ${MOST_NAME} bytes without control characters, whose parts between '/' are neither empty nor '.' or '..'`,
  );
}

/** Removes each, and answers those that could not be. What fails for all of them fails the call. */
async function removeAll(names: string[], remove: (name: string) => Promise<void>): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (const key of names) {
    try {
      await remove(key);
    } catch (thrown) {
      if (!(thrown instanceof WisteriaError) || thrown.code !== "provider-failed") throw thrown;
      results.push({ key, success: false, error: thrown.message });
    }
  }
  return results;
}

function list({ index }: Blobs, { containerId = "", startWith, continuation, endWith, endBefore, maxItems }: ListObjectsRequest) {
  checkContainer(containerId);
  const limit = Math.min(maxItems ?? MOST_LISTED, MOST_LISTED);
  if (limit === 0) throw failed("`maxItems` is 0; ask for one at least");
  let [prefix, after]: [string, string | undefined] = [startWith ?? "", undefined];
  if (continuation !== undefined && continuation !== null) {
    // Both are names without control characters.
    const end = continuation.indexOf("\n");
    if (end < 0) throw failed("`continuation` is none that a listing has answered; begin without");
    [prefix, after] = [continuation.slice(0, end), continuation.slice(end + 1)];
  }
  if (!index.container(containerId)) throw noContainer(containerId);
  const names = index.names(containerId, prefix, after);
  const isWanted = (name: string) => (endWith == null || compareTexts(name, endWith) <= 0) && (endBefore == null || compareTexts(name, endBefore) < 0);
  const wanted = names.slice(0, limit).filter(isWanted);
  const isLast = wanted.length < Math.min(names.length, limit) || names.length <= limit;
  const objects = wanted.flatMap((objectId) => index.object({ containerId, objectId }) ?? []);
  return isLast ? { objects, isLast } : { objects, isLast, continuation: `${prefix}\n${wanted.at(-1)}` };
}

async function put(store: Blobs, { chunk, contentType = null, contentEncoding = null }: PutObjectRequest, { uploads }: LinkedBlobs) {
  const place = checkObject(chunk);
  const bytes = bytesOf(chunk.bytes ?? new Uint8Array());
  if (chunk.offset) throw failed(`the first chunk of object "${place.objectId}" starts at ${chunk.offset}; start at 0`);
  uploads.checkSize(place, bytes.length);
  if (!store.index.container(place.containerId)) throw noContainer(place.containerId);
  return uploads.begin(store, place, { contentType, contentEncoding }, bytes, chunk.isLast ?? false);
}

type PutObjectRequest = Parameters<Blobstore["Blobstore.PutObject"]>[0];
type PutChunkRequest = Parameters<Blobstore["Blobstore.PutChunk"]>[0];
type GetObjectRequest = Parameters<Blobstore["Blobstore.GetObject"]>[0];

/** How an operation reads its argument, and what it does. */
interface Operation {
  read(argument: unknown): boolean;
  run(store: Blobs, argument: unknown, link: LinkedBlobs): unknown;
}

const isChunk = fields({ containerId: isText, objectId: isText, bytes: optional(isBytes), offset: optional(isU64), isLast: optional(isBoolean) });
const isPlace = fields({ containerId: isText, objectId: isText });

const OPERATIONS = {
  "Blobstore.ContainerExists": { read: isText, run: ({ index }: Blobs, name: string) => index.container(checkContainer(name)) !== undefined },
  "Blobstore.CreateContainer": { read: isText, run: ({ index }: Blobs, name: string) => index.create(checkContainer(name)) },
  "Blobstore.GetContainerInfo": {
    read: isText,
    run: ({ index }: Blobs, name: string) => {
      const found = index.container(checkContainer(name));
      if (!found) throw noContainer(name);
      return found;
    },
  },
  "Blobstore.ListContainers": { read: () => true, run: ({ index }: Blobs) => index.containers() },
  "Blobstore.RemoveContainers": {
    read: isTexts,
    run: ({ index }: Blobs, names: string[]) => removeAll(names, async (name) => index.removeContainer(checkContainer(name))),
  },
  "Blobstore.ObjectExists": { read: isPlace, run: ({ index }: Blobs, place: ContainerObject) => index.row(checkObject(place)) !== undefined },
  "Blobstore.GetObjectInfo": {
    read: isPlace,
    run: ({ index }: Blobs, place: ContainerObject) => {
      const found = index.object(checkObject(place));
      if (!found) throw failed(noObject(place));
      return found;
    },
  },
  "Blobstore.ListObjects": {
    read: fields({
      containerId: optional(isText),
      startWith: optional(isText),
      continuation: optional(isText),
      endWith: optional(isText),
      endBefore: optional(isText),
      maxItems: optional(isU32),
    }),
    run: list,
  },
  "Blobstore.RemoveObjects": {
    read: fields({ containerId: isText, objects: isTexts }),
    run: ({ index }: Blobs, { containerId, objects }: { containerId: string; objects: string[] }) =>
      removeAll(objects, async (objectId) => index.remove(checkObject({ containerId, objectId }))),
  },
  "Blobstore.PutObject": { read: fields({ chunk: isChunk, contentType: optional(isText), contentEncoding: optional(isText) }), run: put },
  "Blobstore.PutChunk": {
    read: fields({ chunk: isChunk, streamId: optional(isText), cancelAndRemove: optional(isBoolean) }),
    run: (store: Blobs, { chunk, streamId, cancelAndRemove }: PutChunkRequest, { uploads }: LinkedBlobs) => {
      const { containerId, objectId, bytes = new Uint8Array(), offset, isLast } = chunk;
      const next = { containerId, objectId, bytes: bytesOf(bytes), offset: offset ?? 0, isLast: isLast ?? false };
      return uploads.goOn(next, streamId ?? undefined, cancelAndRemove ?? false);
    },
  },
  "Blobstore.GetObject": {
    read: fields({ containerId: isText, objectId: isText, rangeStart: optional(isU64), rangeEnd: optional(isU64) }),
    run: (store: Blobs, { rangeStart, rangeEnd, ...place }: GetObjectRequest, link: LinkedBlobs) => {
      const [from, to] = [rangeStart ?? 0, rangeEnd ?? Infinity];
      if (to < from) throw failed("`rangeEnd` lies before `rangeStart`; exchange them");
      return link.read(store, checkObject(place), from, to);
    },
  },
} satisfies { [O in keyof Blobstore]: { read(argument: unknown): boolean; run(store: Blobs, argument: never, link: LinkedBlobs): ReturnType<Blobstore[O]> | Promise<ReturnType<Blobstore[O]>> } };

/** All operations. */
export const operations = Object.keys(OPERATIONS) as (keyof Blobstore)[];
