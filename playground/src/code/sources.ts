// The sources of actors that were written on this page: what they are, and how they come and go with manifests and links.

import { WisteriaError } from "wisteria";
import type { Operation } from "../lattice/contracts";
import { changeSource, sources } from "./kept-sources.svelte";

/** What an actor is written in. */
export type Language = "assemblyscript" | "wat";

const LANGUAGES: Language[] = ["assemblyscript", "wat"];

/** A call of an actor with what it is to answer, as its unit test. */
export interface UnitTest {
  operation: string;
  /** The argument as JSON, `{"base64": …}` for bytes; nothing for none. */
  input: string;
  /** The reply as JSON; of an object, only what is named here is compared. `{"error": "…"}` expects a failure that says so. */
  expected: string;
}

/** What of a source travels: all that the actor is made of, and nothing of where it runs. */
export interface PortableSource {
  /** Its actor's name, which gives it its key: in one browser, versions of one name are versions of one actor. */
  name: string;
  language: Language;
  text: string;
  /** Contracts that it claims beside those that its code names. */
  capabilities: string[];
  tests: UnitTest[];
  /** Whether its module is to be as fast as it can be, which takes longer to compile; AssemblyScript only. */
  isOptimized: boolean;
}

/** A source as this page has it. */
export interface Source extends PortableSource {
  /** The key of its actor, `M…`, once it was deployed. */
  actor?: string;
  /** How many versions of it were deployed. */
  revision: number;
  /** The text that runs, of the version that was deployed last. */
  deployed?: string;
}

/** The source of an actor, where it was written here. Reading it follows changes, in an effect or a derived value. */
export function sourceOf(actor: string): Source | undefined {
  return sources.all.find((source) => source.actor === actor);
}

/** The operations of a source's unit tests, each with the argument of its first one. */
export function testedOperations({ tests }: Source): Operation[] {
  const first = new Map(tests.toReversed().map(({ operation, input }) => [operation, input]));
  return [...new Set(tests.map(({ operation }) => operation))].map((name) => ({ name, example: first.get(name) ?? "" }));
}

/** What of a source is to be put into a manifest or a link. */
export function portable({ name, language, text, capabilities, tests, isOptimized }: Source): PortableSource {
  return { name, language, text, capabilities, tests, isOptimized };
}

/**
 * Takes a source that came along, and keeps it in this browser; resolves with it as it is kept. One that is here already
 * stays as it is; where another one has its name, it gets the next free one, `echo 2`. Nothing is compiled or started:
 * `moduleOfSource` in `deploy.ts` does that. Rejects as `bad-request` what is no source.
 */
export async function takeSource(taken: unknown): Promise<Source> {
  const source = read(taken);
  const same = sources.all.find((one) => one.name === source.name);
  if (!same) return changeSource({ ...source, revision: 0 });
  if (same.language === source.language && same.text === source.text) return same;
  return changeSource({ ...source, name: freeName(source.name), revision: 0 });
}

/** The name, or where that is taken, the name with the first number that makes it another. */
export function freeName(name: string): string {
  const isFree = (candidate: string) => !sources.all.some((source) => source.name === candidate);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (isFree(candidate)) return candidate;
  }
}

/** What came from outside is looked at before it is kept. */
function read(taken: unknown): PortableSource {
  const { name, language, text, capabilities = [], tests = [], isOptimized } = Object(taken) as Partial<PortableSource>;
  const isText = (value: unknown): value is string => typeof value === "string";
  const areTexts = (values: unknown): values is string[] => Array.isArray(values) && values.every(isText);
  const isTest = (test: UnitTest) => isText(test?.operation) && isText(test.input) && isText(test.expected);
  const known = LANGUAGES.find((one) => one === language);
  if (!isText(name) || name === "" || !isText(text) || !known || !areTexts(capabilities)) throw malformed();
  if (!Array.isArray(tests) || !tests.every(isTest)) throw malformed();
  return {
    name,
    language: known,
    text,
    capabilities,
    tests: tests.map(({ operation, input, expected }) => ({ operation, input, expected })),
    isOptimized: isOptimized === true,
  };
}

function malformed(): WisteriaError {
  return new WisteriaError(
    "bad-request",
    `this is no source of an actor; it has name, language (${LANGUAGES.join(" or ")}) and text, and may have capabilities, tests and isOptimized`,
  );
}
