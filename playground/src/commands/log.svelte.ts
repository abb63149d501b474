// The log of commands: what was done, what was undone, and the way back and forth between them.

import { freshId } from "../lattice/state.svelte";
import { showFailure } from "../ui/notices.svelte";
import { inverseOf, perform, titleOf, type Command } from "./commands";

/** A command that was carried out. */
export interface Entry {
  id: number;
  title: string;
  /** Milliseconds since 1970. */
  time: number;
  command: Command;
  /** Missing where it cannot be taken back. */
  inverse?: Command;
  isUndone: boolean;
}

/** Commands that are kept. */
const BOUND = 100;

class Log {
  entries = $state.raw<Entry[]>([]);
  /** What undo takes back; only the last command that can be. */
  undoable = $derived(this.entries.findLast(({ isUndone, inverse }) => !isUndone && inverse !== undefined));
  /** What redo does again. */
  redoable = $derived(this.entries.find(({ isUndone }) => isUndone));
}

/** All commands of this page, oldest first. */
export const log = new Log();

/** Commands are carried out one after another: each sees what the one before has done. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

/** Carries out a command and notes it; resolves with whether that worked. A failure is shown. */
export async function run(command: Command): Promise<boolean> {
  const title = titleOf(command);
  return carryOut(command).then(
    () => true,
    (thrown: unknown) => {
      showFailure(title, thrown);
      return false;
    },
  );
}

/** The same for those who show failures in their own way: rejects with cause and remedy. */
export function carryOut(command: Command): Promise<void> {
  return inTurn(async () => {
    const title = titleOf(command);
    const inverse = inverseOf(command);
    await perform(command);
    const entry: Entry = { id: freshId(), title, time: Date.now(), command, isUndone: false };
    if (inverse) entry.inverse = inverse(command);
    // What was undone before is no future of this any more.
    log.entries = [...log.entries.filter(({ isUndone }) => !isUndone), entry].slice(-BOUND);
  });
}

/** Takes back the last command that can be. */
export function undo(): Promise<void> {
  return inTurn(async () => {
    const entry = log.undoable;
    if (!entry?.inverse) return;
    if (await succeeds(`Undo: ${entry.title}`, entry.inverse)) change(entry, true);
  });
}

/** Does again what was undone. */
export function redo(): Promise<void> {
  return inTurn(async () => {
    const entry = log.redoable;
    if (!entry) return;
    if (await succeeds(`Redo: ${entry.title}`, entry.command)) change(entry, false);
  });
}

function change(entry: Entry, isUndone: boolean): void {
  log.entries = log.entries.map((other) => (other.id === entry.id ? { ...other, isUndone } : other));
}

async function succeeds(title: string, command: Command): Promise<boolean> {
  try {
    await perform(command);
    return true;
  } catch (thrown) {
    showFailure(title, thrown);
    return false;
  }
}

/** Forgets all commands: they were of another lattice. */
export function forgetCommands(): void {
  log.entries = [];
}
