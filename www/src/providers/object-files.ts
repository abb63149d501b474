// Files of a tab's objects, each under a number of its own, in the origin's private file system.

import { WisteriaError } from "../error.js";
import { openAccess, openFolder, type AccessHandle } from "./opfs.js";

/** Keeps the contents of objects. */
export interface ObjectFiles {
  /** Begins the file of that number. */
  create(number: number): Promise<ObjectWriter>;
  /** The bytes of a file from one position to another, which is not included. */
  read(number: number, from: number, to: number): Promise<Uint8Array>;
  remove(number: number): Promise<void>;
  /** The numbers of all files that are there. */
  numbers(): Promise<number[]>;
}

/** A file that is being written. */
export interface ObjectWriter {
  /** Adds to its end. */
  write(bytes: Uint8Array): void;
  /** Has all of it on the disk, and closes it. */
  finish(): void;
  /** Closes it as it is. */
  close(): void;
}

/** Opens the files in a folder, `a/b/c`; made where there is none. */
export async function openObjectFiles(path: string): Promise<ObjectFiles> {
  const folder = await openFolder(path);
  const nameOf = (number: number) => number.toString(16).padStart(16, "0");
  return {
    create: async (number) => new Writer(await openAccess(folder, nameOf(number))),
    read: async (number, from, to) => {
      const file = await (await folder.getFileHandle(nameOf(number))).getFile();
      return new Uint8Array(await file.slice(from, to).arrayBuffer());
    },
    remove: (number) => folder.removeEntry(nameOf(number)),
    numbers: async () => {
      const numbers: number[] = [];
      for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
        if (/^[0-9a-f]{16}$/.test(name)) numbers.push(parseInt(name, 16));
      }
      return numbers;
    },
  };
}

class Writer implements ObjectWriter {
  readonly #file: AccessHandle;
  #end = 0;

  constructor(file: AccessHandle) {
    this.#file = file;
    file.truncate(0);
  }

  write(bytes: Uint8Array): void {
    this.#kept(() => {
      if (this.#file.write(bytes, { at: this.#end }) !== bytes.length) throw new Error("there is no more room");
      this.#end += bytes.length;
    });
  }

  finish(): void {
    this.#kept(() => this.#file.flush());
    this.#file.close();
  }

  close(): void {
    this.#file.close();
  }

  #kept(work: () => void): void {
    try {
      work();
    } catch (cause) {
      const why = WisteriaError.from(cause).message;
      throw new WisteriaError("provider-failed", `the browser does not keep it: ${why}; delete something, or let the site keep more`, { cause });
    }
  }
}
