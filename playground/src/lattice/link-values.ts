// What providers tell of the values of their links, and what a form makes of that.

import type { LinkValue } from "wisteria";
import { joinedHost } from "./client";

/** How long a provider may take to tell, in milliseconds: a form waits for it. */
const PATIENCE = 1000;

/** What a provider tells of the values of its links; nothing where it does not. */
export async function askValues(provider: string): Promise<LinkValue[] | undefined> {
  try {
    return await joinedHost().links.values(provider, { deadline: PATIENCE });
  } catch {
    // It runs nowhere, or its author told nobody: people write lines then.
    return undefined;
  }
}

/** What a new link says to begin with: of what it must say, what makes sense. */
export function offered(told: LinkValue[] = []): Record<string, string> {
  const required = told.filter(({ required }) => required);
  return Object.fromEntries(required.map(({ name, example }) => [name.replace("*", "one"), example]));
}

/** What the names begin with that a value stands for; nothing for one that stands for itself. */
export function startOf({ name }: LinkValue): string | undefined {
  return name.endsWith(".*") ? name.slice(0, -1) : undefined;
}

/** The value that a name is one of. */
export function valueOf(told: LinkValue[], name: string): LinkValue | undefined {
  return told.find((value) => {
    const start = startOf(value);
    return start === undefined ? value.name === name : name.startsWith(start) && name.length > start.length;
  });
}

/** What texts of a kind look like; others than these look like anything. */
const FORMS: Record<string, string> = {
  number: "[0-9]+",
  duration: "[0-9]+(ms|s|m|h|d)",
  size: "[0-9]+(Ki|Mi|Gi)?",
  boolean: "true|false",
  url: ".+://.+",
};

/** The pattern of a value's texts. */
export function patternOf({ kind, secret }: LinkValue): string | undefined {
  const form = FORMS[kind];
  return form && secret ? `${form}|secret:.+` : form;
}

/** What a value is for, in a line. */
export function aboutOf({ about, kind, required, example, default: other, secret }: LinkValue): string {
  const isObvious = required || !example || example === other || kind === "boolean";
  const instance = isObvious ? [] : [`for instance ${example}`];
  const words = [about.charAt(0).toUpperCase() + about.slice(1), ...instance, ...(secret ? ["may be secret:NAME"] : [])];
  return words.filter(Boolean).join("; ");
}

/** What a link says, as lines NAME=value. */
export function linesOf(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

/** What lines NAME=value say. */
export function readLines(lines: string): [string, string][] {
  return lines.split("\n").flatMap((line): [string, string][] => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
  });
}
