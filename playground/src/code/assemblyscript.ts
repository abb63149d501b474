// Compiles AssemblyScript, in a worker, with the prelude by which an actor speaks to its host.

import * as asc from "assemblyscript/asc";
import type { Compilation, Compiled, Problem } from "./compiled";
import { PRELUDE } from "./prelude";

/** The author's file. */
const ACTOR = "actor.ts";
/** What is compiled: the author's file is run when the module starts, and the host calls the prelude. */
const ENTRY = "entry.ts";
const ENTRY_TEXT = 'import "./actor";\nexport { __guest_call } from "wisteria/guest";\n';
const MODULE = "actor.wasm";

const OPTIONS = [
  ENTRY,
  "--outFile",
  MODULE,
  // What a call left behind is freed when it ends, which no code has to look for meanwhile.
  "--runtime",
  "minimal",
  "--use",
  "abort=~lib/wisteria/guest/abort",
  // Hosts validate what they are given.
  "--noValidate",
];

/** The compiler's number for an error; smaller ones are warnings and hints. */
const ERROR = 3;

Object.assign(asc.libraryFiles, PRELUDE);

/** Compiles a source. Rejects where the compiler itself fails. */
export async function compileAssemblyScript({ text, isOptimized }: Omit<Compilation, "language">): Promise<Compiled> {
  const files: Record<string, string> = { [ENTRY]: ENTRY_TEXT, [ACTOR]: text };
  const problems: Problem[] = [];
  let module: Uint8Array | undefined;
  const { error } = await asc.main([...OPTIONS, ...(isOptimized ? ["-O3"] : [])], {
    stdout: silent,
    stderr: silent,
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === MODULE && typeof contents !== "string") module = contents;
    },
    listFiles: () => [],
    reportDiagnostic: (diagnostic) => problems.push(problemOf(diagnostic, text)),
  });
  if (error && !problems.some(({ severity }) => severity === "error")) throw error;
  return error || !module ? { problems } : { module, problems };
}

const silent = { write: () => undefined } as unknown as NonNullable<asc.APIOptions["stdout"]>;

/** Problems in the prelude, as where a value is made of what it cannot be made of, show where the author used it. */
function problemOf({ category, message, range, relatedRange }: asc.DiagnosticMessage, text: string): Problem {
  const own = [range, relatedRange].find((one) => one?.source.normalizedPath === ACTOR);
  const severity = category === ERROR ? "error" : "warning";
  if (own) {
    const before = text.slice(0, own.start);
    const line = before.split("\n").length;
    const column = own.start - before.lastIndexOf("\n");
    return { severity, message, line, column, length: own.end - own.start };
  }
  const where = range ? ` (in ${range.source.normalizedPath.replace("~lib/", "")})` : "";
  return { severity, message: `${message}${where}`, line: 1, column: 1, length: 0 };
}
