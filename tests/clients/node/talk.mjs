// How a program of cases talks to the suite that started it: one JSON value a line, and a line back for what it asks.

import { createInterface } from "node:readline";

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Tells what came of a case. */
export const tell = (name, outcome) => print({ case: name, outcome });

/** Asks the suite for something that is done to the server; resolves once it is done. */
export async function ask(what, more = {}) {
  print({ ask: what, ...more });
  const { done } = await answers.next();
  if (done) throw new Error(`the suite went away instead of answering ${what}`);
}

/** Ends the conversation. */
export const leave = () => process.stdin.destroy();
