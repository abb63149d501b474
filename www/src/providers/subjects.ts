// Subjects of messages and patterns of them, as on all buses of a lattice.

/** Checks the name that a message is published under; throws the rule that it breaks. */
export function subject(text: string): string {
  const tokens = checked(text);
  if (tokens.some((token) => token === "*" || token === ">")) throw new Error(`the subject "${text}" has a wildcard where none may stand`);
  return text;
}

/** Checks a pattern: `*` stands for one token, `>` at the end for all that follow. */
export function pattern(text: string): string {
  const tokens = checked(text);
  if (tokens.slice(0, -1).includes(">")) throw new Error(`the subject "${text}" has a wildcard where none may stand`);
  return text;
}

function checked(text: string): string[] {
  if (/[\s\p{Cc}]/u.test(text)) throw new Error(`the subject ${JSON.stringify(text)} contains white space; subjects have none`);
  const tokens = text.split(".");
  if (tokens.includes("")) throw new Error(`the subject "${text}" has an empty token; join tokens by single dots`);
  return tokens;
}

/** Whether a pattern stands for a subject. */
export function covers(pattern: string, subject: string): boolean {
  const [wide, tokens] = [pattern.split("."), subject.split(".")];
  const rest = wide.at(-1) === ">" ? wide.length - 1 : undefined;
  if (rest === undefined ? wide.length !== tokens.length : tokens.length <= rest) return false;
  return wide.slice(0, rest).every((token, at) => token === "*" || token === tokens[at]);
}

/** Whether a subject, or whatever a pattern stands for, is left to users: neither of lattice or brokers, nor an inbox. */
export function isOfUsers(pattern: string): boolean {
  const [first = ""] = pattern.split(".");
  return first !== "" && !/^[$_]/.test(first) && !["*", ">", "wasmbus", "wisteria"].includes(first);
}
