// The objects that one link is writing in chunks: so many at most, and none for longer than it goes on.

import type { Chunk, ContainerObject } from "../contracts.js";
import { WisteriaError } from "../error.js";
import type { ContentKind } from "./blob-index.js";
import type { Blobs } from "./blobs.js";
import type { ObjectWriter } from "./object-files.js";

/** Objects that a link may be writing in chunks at a time. */
const MOST = 8;
/** Whole objects of a link that wait for their turn, the one that is written among them. */
const MOST_WAITING = 256;
/** How long an object waits for its next chunk, in milliseconds. */
const IDLE = 60_000;

const failed = (message: string) => new WisteriaError("provider-failed", message);

interface Upload {
  store: Blobs;
  place: ContainerObject;
  kind: ContentKind;
  number: number;
  writer: ObjectWriter;
  written: number;
  /** How many of the places it takes: one that is written at once takes none. */
  places: 0 | 1;
  idle?: ReturnType<typeof setTimeout>;
}

/** What one link is writing, by stream. */
export class Uploads {
  readonly #open = new Map<string, Upload>();
  readonly #mostBytes: number;
  /** Those that are beginning, too. */
  #count = 0;
  /** The whole object that is written; the next waits for it. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #hasEnded = false;

  /** `mostBytes` is how large an object may become. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Whether an object may become that large. */
  checkSize({ objectId }: ContainerObject, bytes: number): void {
    if (bytes <= this.#mostBytes) return;
    throw failed(`object "${objectId}" would be larger than ${this.#mostBytes} bytes; write less, or have its link say a larger MAX_OBJECT`);
  }

  /** Begins an object with its first bytes, and ends it where they are all: that one waits for its turn. */
  begin(store: Blobs, place: ContainerObject, kind: ContentKind, bytes: Uint8Array, isLast: boolean): Promise<{ streamId?: string }> {
    const begin = () => this.#begin(store, place, kind, bytes, isLast);
    if (!isLast) return begin();
    if (this.#waiting >= MOST_WAITING) {
      const why = `${MOST_WAITING} objects wait to be written through this link already; send fewer at once`;
      return Promise.reject(new WisteriaError("overloaded", why));
    }
    this.#waiting += 1;
    const written = this.#turn.then(begin).finally(() => (this.#waiting -= 1));
    this.#turn = written.catch(() => {});
    return written;
  }

  async #begin(store: Blobs, place: ContainerObject, kind: ContentKind, bytes: Uint8Array, isLast: boolean): Promise<{ streamId?: string }> {
    const places = isLast ? 0 : 1;
    if (this.#count + places > MOST) {
      throw failed(`${MOST} objects are being written through this link already; finish or cancel one of them first`);
    }
    this.#count += places;
    const upload = await store.create().then(
      ({ number, writer }): Upload => ({ store, place, kind, number, writer, written: 0, places }),
      (thrown: unknown) => {
        this.#count -= places;
        throw failed(`the browser does not keep it: ${WisteriaError.from(thrown).message}; delete something, or let the site keep more`);
      },
    );
    await this.#write(upload, bytes);
    if (this.#hasEnded) {
      await this.#giveUp(upload);
      throw failed("the link has just ended; put it again");
    }
    if (isLast) {
      await this.#finish(upload);
      return {};
    }
    const streamId = crypto.randomUUID();
    this.#open.set(streamId, upload);
    this.#wait(streamId, upload);
    return { streamId };
  }

  /** Goes on with an object. */
  async goOn(chunk: Chunk, streamId: string | undefined, isCancelled: boolean): Promise<void> {
    const [id, upload] = this.#find(streamId, chunk);
    clearTimeout(upload.idle);
    if (isCancelled) {
      this.#open.delete(id);
      return this.#giveUp(upload);
    }
    if (chunk.offset !== upload.written) {
      this.#wait(id, upload);
      throw failed(`object "${chunk.objectId}" has ${upload.written} bytes so far, and the chunk starts at ${chunk.offset}; send the one that starts there`);
    }
    // What fails from here on ends it.
    this.#open.delete(id);
    await this.#write(upload, chunk.bytes);
    if (chunk.isLast) return this.#finish(upload);
    this.#open.set(id, upload);
    this.#wait(id, upload);
  }

  /** Gives up all of them, and takes no more. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const upload of open) {
      clearTimeout(upload.idle);
      await this.#giveUp(upload);
    }
  }

  async #write(upload: Upload, bytes: Uint8Array): Promise<void> {
    try {
      this.checkSize(upload.place, upload.written + bytes.length);
      upload.writer.write(bytes);
      upload.written += bytes.length;
    } catch (thrown) {
      await this.#giveUp(upload);
      throw thrown;
    }
  }

  async #finish(upload: Upload): Promise<void> {
    const { store, place, number, written, kind } = upload;
    try {
      upload.writer.finish();
      await store.index.put(place, number, written, kind);
      this.#count -= upload.places;
    } catch (thrown) {
      await this.#giveUp(upload);
      throw thrown;
    }
  }

  async #giveUp({ store, writer, number, places }: Upload): Promise<void> {
    this.#count -= places;
    writer.close();
    await store.abandon(number);
  }

  /** Forgets it where no chunk comes. */
  #wait(id: string, upload: Upload): void {
    upload.idle = setTimeout(() => {
      if (this.#open.delete(id)) void this.#giveUp(upload);
    }, IDLE);
  }

  /** The stream that is meant. Without its name, there must be one for the object alone. */
  #find(streamId: string | undefined, { containerId, objectId }: ContainerObject): [string, Upload] {
    const found = [...this.#open].filter(
      ([id, { place }]) => place.containerId === containerId && place.objectId === objectId && (streamId === undefined || id === streamId),
    );
    const [first] = found;
    if (first && found.length === 1) return first;
    throw failed(
      `no such stream writes object "${objectId}" of container "${containerId}", or it waited longer than ${IDLE / 1000} s for a chunk; begin again with Blobstore.PutObject`,
    );
  }
}
