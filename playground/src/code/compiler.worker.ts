// The worker of the compilers. Each is loaded when it is first needed: that of AssemblyScript is large.

import type { Compilation, Compiled } from "./compiled";

/** A question of the page. */
export interface Asked {
  id: number;
  compilation: Compilation;
}

/** Its answer. */
export type Answered = { id: number } & ({ compiled: Compiled } | { failure: string });

async function compile({ language, ...compilation }: Compilation): Promise<Compiled> {
  if (language === "wat") return (await import("./wat")).assembleWat(compilation);
  return (await import("./assemblyscript")).compileAssemblyScript(compilation);
}

/** The compilers keep state of their own while they work. */
let last: Promise<unknown> = Promise.resolve();

onmessage = ({ data: { id, compilation } }: MessageEvent<Asked>) => {
  last = last.then(async () => {
    const answer = await compile(compilation).then(
      (compiled): Answered => ({ id, compiled }),
      (thrown: unknown): Answered => ({ id, failure: thrown instanceof Error ? thrown.message : String(thrown) }),
    );
    postMessage(answer);
  });
};
