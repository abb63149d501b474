// The prelude of AssemblyScript actors as the compiler knows it: texts by the names under which they are imported.

const files = import.meta.glob<string>("../../prelude/**/*.ts", { query: "?raw", import: "default", eager: true });

/** Texts by import: `wisteria`, `wisteria/guest` … */
export const PRELUDE: Record<string, string> = Object.fromEntries(
  Object.entries(files).map(([path, text]) => [path.replace(/^.*\/prelude\//, "").replace(/\.ts$/, ""), text]),
);
