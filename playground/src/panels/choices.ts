// What the palette offers, as things stand when it opens.

import { breakingChoices } from "../breaking/choices";
import { canvas } from "../canvas/controls.svelte";
import { code, openCode } from "../code/code.svelte";
import { sources } from "../code/kept-sources.svelte";
import { otherHosts, move, start, stop } from "../commands/actions";
import { log, redo, undo } from "../commands/log.svelte";
import { TABS } from "../lattice/config";
import { lattice } from "../lattice/state.svelte";
import { nameOfActor, nameOfHost } from "../lattice/view";
import { library } from "../library/modules.svelte";
import { observingChoices } from "../observing/choices";
import { stage } from "../stage/state.svelte";
import { openDialog } from "../ui/dialogs.svelte";
import { showFailure } from "../ui/notices.svelte";
import { select } from "../ui/selection.svelte";
import { nextTheme, settings } from "../ui/settings.svelte";
import { goOwn } from "./going";

/** A line of the palette. */
export interface Choice {
  words: string;
  keys?: string;
  act: () => void;
}

/** All that can be done now. */
export function choices(): Choice[] {
  return [
    ...(log.undoable ? [{ words: `Undo: ${log.undoable.title}`, keys: "Ctrl Z", act: () => void undo() }] : []),
    ...(log.redoable ? [{ words: `Redo: ${log.redoable.title}`, keys: "Ctrl Shift Z", act: () => void redo() }] : []),
    ...library.entries.map((module) => ({
      words: `Start ${module.name}${settings.startOn ? ` on ${nameOfHost(settings.startOn)}` : " in this tab"}`,
      act: () => void start(module),
    })),
    { words: "New actor…", act: () => (code.isNew = true) },
    ...sources.all.map(({ name }) => ({ words: `Edit code of ${name}…`, act: () => openCode(name) })),
    { words: "New link…", act: () => select({ kind: "new-link", draft: {} }) },
    ...actorChoices(),
    ...lattice.hosts.map(({ id }) => ({
      words: `Show host ${nameOfHost(id)}`,
      act: () => select({ kind: "host", host: id }),
    })),
    ...observingChoices(),
    ...breakingChoices(),
    { words: settings.view === "list" ? "Show canvas" : "Show list", keys: "L", act: toggleView },
    { words: "Fit to view", keys: "F", act: () => canvas.fit() },
    { words: "Tidy layout", keys: "T", act: () => void canvas.tidy() },
    ...placeChoices(),
    { words: "Examples…", act: () => openDialog({ kind: "gallery" }) },
    { words: stage.isOpen ? "Close stage" : "Open stage", act: () => void toggleStage() },
    { words: "Share…", act: () => openDialog({ kind: "share" }) },
    { words: "Export manifest…", act: () => openDialog({ kind: "export" }) },
    { words: "Import manifest…", act: () => openDialog({ kind: "import" }) },
    { words: "Next theme", act: nextTheme },
    { words: "Shortcuts…", keys: "?", act: () => (settings.shortcuts = true) },
  ];
}

/** A server tells its page whom else it may reach: nobody. */
function placeChoices(): Choice[] {
  if (lattice.isServed) return [];
  const join: Choice = { words: "Join a server…", act: () => (settings.joining = true) };
  if (lattice.bridge === TABS) return [join];
  return [join, { words: "Leave the server for this browser's own lattice", act: () => void goOwn() }];
}

/** Those choices that have all that was typed, word by word; those that begin a word with it come first. */
export function found(all: Choice[], typed: string): Choice[] {
  const parts = typed
    .toLowerCase()
    .split(" ")
    .filter((part) => part !== "");
  const fits = all.filter(({ words }) => parts.every((part) => words.toLowerCase().includes(part)));
  const beginsWord = ({ words }: Choice) =>
    parts.every((part) =>
      words
        .toLowerCase()
        .split(/[^\p{L}\p{N}]/u)
        .some((word) => word.startsWith(part)),
    );
  return [...fits.filter(beginsWord), ...fits.filter((choice) => !beginsWord(choice))];
}

/** Shows the stage, or puts it out of sight. */
export async function toggleStage(): Promise<void> {
  try {
    const { closeStage, openStage } = await import("../stage/stage.svelte");
    if (stage.isOpen) closeStage();
    else await openStage();
  } catch (thrown) {
    showFailure("Open stage", thrown);
  }
}

/** Changes between canvas and list. */
export function toggleView(): void {
  settings.view = settings.view === "list" ? "canvas" : "list";
}

function actorChoices(): Choice[] {
  return lattice.hosts.flatMap(({ id: host, actors }) =>
    actors.flatMap(({ id: actor }) => {
      const [name, on] = [nameOfActor(actor), nameOfHost(host)];
      return [
        { words: `Show ${name} on ${on}`, act: () => select({ kind: "actor", actor, host }) },
        { words: `Stop ${name} on ${on}`, act: () => void stop(actor, host) },
        ...otherHosts(host).map((other) => ({
          words: `Move ${name} from ${on} to ${other.name}`,
          act: () => void move(actor, host, other.id),
        })),
      ];
    }),
  );
}
