// What a compiler makes of a source: a module, or what is wrong with the source.

import type { Language } from "./sources";

/** A source to be compiled. */
export interface Compilation {
  language: Language;
  text: string;
  /** Whether the module is to be as fast as it can be; that takes about four times as long. */
  isOptimized: boolean;
}

/** Something that is wrong in a source. Lines and columns count from 1. */
export interface Problem {
  severity: "error" | "warning";
  message: string;
  line: number;
  column: number;
  /** How many characters it is about; 0 where the compiler does not say. */
  length: number;
}

/** A module, or nothing where there are errors among the problems. */
export interface Compiled {
  module?: Uint8Array;
  problems: Problem[];
}
