// Assembles WAT, in a worker.

import openWabt from "wabt";
import type { Compilation, Compiled, Problem } from "./compiled";

/** Called the way that the tool is called in its messages. */
const FILE = "actor.wat";
/** A message, `actor.wat:3:5: error: unexpected token "x".`, and below it the line with marks under it. */
const MESSAGE = /^actor\.wat:(\d+):(\d+): (error|warning): (.*)(?:\n.*\n\s*(\^+))?/gm;

const opening = openWabt();

/** Assembles and validates a source. */
export async function assembleWat({ text }: Pick<Compilation, "text">): Promise<Compiled> {
  const wabt = await opening;
  try {
    const parsed = wabt.parseWat(FILE, text);
    try {
      parsed.resolveNames();
      parsed.validate();
      return { module: parsed.toBinary({}).buffer, problems: [] };
    } finally {
      parsed.destroy();
    }
  } catch (thrown) {
    return { problems: problemsIn(thrown instanceof Error ? thrown.message : String(thrown)) };
  }
}

function problemsIn(words: string): Problem[] {
  const problems = [...words.matchAll(MESSAGE)].map(([, line, column, severity, message, marks]): Problem => {
    const place = { line: Number(line), column: Number(column), length: marks?.length ?? 0 };
    return { severity: severity === "warning" ? "warning" : "error", message: message ?? "", ...place };
  });
  return problems.length > 0 ? problems : [{ severity: "error", message: words.trim(), line: 1, column: 1, length: 0 }];
}
