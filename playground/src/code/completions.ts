// What the editor offers while someone types AssemblyScript: what the prelude has, in the prelude's own words.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { PRELUDE } from "./prelude";

/** A line of the prelude below its documentation, with how far it is set in. */
const DOCUMENTED = /\/\*\* (.+?) \*\/\n( *)(.+)/g;
const TOP = /^export (function|class|namespace|enum) (\w+)/;
const MEMBER = /^(?:export function |(static) |readonly |get )?(\w+)/;

const exported = new Set([...(PRELUDE["wisteria"] ?? "").matchAll(/\w+/g)].map(([word]) => word));
/** What an import brings. */
const names: Completion[] = [];
/** What stands behind the name of a namespace or a class. */
const members = new Map<string, Completion[]>();
/** What stands behind values of the prelude's classes. */
const properties: Completion[] = [];

for (const text of Object.values(PRELUDE)) readFile(text);

function readFile(text: string): void {
  let container: { name: string; kind: string } | undefined;
  for (const [, info = "", indent = "", line = ""] of text.matchAll(DOCUMENTED)) {
    const [, kind, name] = TOP.exec(line) ?? [];
    if (indent === "" && kind && name) {
      container = exported.has(name) ? { name, kind } : undefined;
      if (container) names.push({ label: name, type: kind, info });
      continue;
    }
    const [, isStatic, label] = MEMBER.exec(line) ?? [];
    if (!container || !label || line.startsWith("private")) continue;
    const completion = { label, type: line.includes("(") ? "function" : "property", info, detail: signature(line, label) };
    if (container.kind === "class" && !isStatic) properties.push({ ...completion, info: `${container.name}: ${info}` });
    else members.set(container.name, [...(members.get(container.name) ?? []), completion]);
  }
}

/** What follows a name up to its body. */
function signature(line: string, name: string): string {
  return line.slice(line.indexOf(name) + name.length).replace(/\s*[{;].*$/, "");
}

/** Offers names of the prelude, and behind a point what a namespace, a class or a value has. */
export function completePrelude(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/(?:(?:\w+|\))\.)?\w*/);
  if (!word || (word.text === "" && !context.explicit)) return null;
  const point = word.text.lastIndexOf(".");
  if (point < 0) return { from: word.from, options: names, validFor: /^\w*$/ };
  const options = members.get(word.text.slice(0, point)) ?? properties;
  return { from: word.from + point + 1, options, validFor: /^\w*$/ };
}
