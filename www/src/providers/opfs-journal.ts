// A journal in the origin's private file system: one file that grows, and another for what replaces it.

import { decode, encode } from "../msgpack.js";
import { WisteriaError } from "../error.js";
import type { Journal } from "./journal.js";
import { openAccess, openFolder, type AccessHandle } from "./opfs.js";
import { framed, readRecords } from "./records.js";

/** The first record of a file: what all before it came to, and which of two files is the newer. */
type Base<T> = [generation: number, steps: T[]];

/** Opens the journal in a folder, `a/b/c`; made where there is none. */
export async function openFiles<T>(path: string): Promise<{ journal: OpfsJournal<T>; kept: T[][] }> {
  const folder = await openFolder(path);
  const files: AccessHandle[] = [];
  try {
    for (const name of ["a.log", "b.log"]) files.push(await openAccess(folder, name));
    return OpfsJournal.open<T>(files);
  } catch (thrown) {
    for (const file of files) file.close();
    throw thrown;
  }
}

/** A journal whose steps are on the disk when `append` returns. */
export class OpfsJournal<T> implements Journal<T> {
  #file: AccessHandle;
  #other: AccessHandle;
  #generation: number;
  #end: number;
  #broken: string | undefined;

  private constructor(file: AccessHandle, other: AccessHandle, generation: number, end: number) {
    this.#file = file;
    this.#other = other;
    this.#generation = generation;
    this.#end = end;
  }

  static open<T>(files: AccessHandle[]): { journal: OpfsJournal<T>; kept: T[][] } {
    const read = files.map((file) => {
      const bytes = new Uint8Array(file.getSize());
      file.read(bytes, { at: 0 });
      const { records, end } = readRecords(bytes);
      const [base, ...rest] = records.map((record) => decode(record));
      return { file, base: base as Base<T> | undefined, steps: rest as T[][], end };
    });
    const [newest, older] = read.sort((a, b) => (b.base?.[0] ?? 0) - (a.base?.[0] ?? 0));
    if (!newest || !older) throw new Error("a journal has two files");
    const journal = new OpfsJournal<T>(newest.file, older.file, newest.base?.[0] ?? 0, newest.end);
    if (!newest.base) journal.replace([]);
    // What was cut short was never answered.
    newest.file.truncate(journal.#end);
    return { journal, kept: [newest.base?.[1] ?? [], ...newest.steps] };
  }

  append(steps: T[]): void {
    this.#write(this.#file, encode(steps), this.#end);
    this.#end += this.#written;
  }

  replace(steps: T[]): void {
    const base: Base<T> = [this.#generation + 1, steps];
    this.#other.truncate(0);
    this.#write(this.#other, encode(base), 0);
    // From here on the other is the newer one, whenever the tab ends.
    [this.#file, this.#other] = [this.#other, this.#file];
    this.#generation += 1;
    this.#end = this.#written;
    this.#other.truncate(0);
  }

  close(): void {
    this.#broken ??= "it is closed";
    this.#file.close();
    this.#other.close();
  }

  /** Bytes that the last record took. */
  #written = 0;

  #write(file: AccessHandle, record: Uint8Array, at: number): void {
    if (this.#broken) throw new WisteriaError("provider-unavailable", `the log cannot be written: ${this.#broken}; load the page again`);
    const bytes = framed(record);
    try {
      if (file.write(bytes, { at }) !== bytes.length) throw new Error("there is no more room");
      file.flush();
      this.#written = bytes.length;
    } catch (cause) {
      const why = WisteriaError.from(cause).message;
      try {
        file.truncate(at);
      } catch (worse) {
        this.#broken = WisteriaError.from(worse).message;
      }
      throw new WisteriaError("provider-failed", `the browser does not keep it: ${why}; delete something, or let the site keep more`, { cause });
    }
  }
}
