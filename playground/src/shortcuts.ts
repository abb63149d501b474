// The keys of the whole page.

import { canvas } from "./canvas/controls.svelte";
import { stop, unlink } from "./commands/actions";
import { redo, undo } from "./commands/log.svelte";
import { lattice } from "./lattice/state.svelte";
import { linkId } from "./lattice/view";
import { toggleView } from "./panels/choices";
import { select, selected } from "./ui/selection.svelte";
import { settings } from "./ui/settings.svelte";

/** Does what a key stands for, unless someone is typing. */
export function onKey(event: KeyboardEvent): void {
  const withControl = event.ctrlKey || event.metaKey;
  if (withControl && event.key.toLowerCase() === "k") return take(event, () => (settings.palette = !settings.palette));
  // Inside of the editor, the page is told of its outermost element only.
  if (isTyping(event.composedPath()[0]) || document.querySelector("dialog[open]")) return;
  if (withControl) return withControlKey(event);
  switch (event.key) {
    case "?":
      return take(event, () => (settings.shortcuts = true));
    case "l":
      return take(event, toggleView);
    case "f":
      return take(event, () => canvas.fit());
    case "t":
      return take(event, () => void canvas.tidy());
    case "Escape":
      return take(event, () => select(undefined));
    case "Delete":
    case "Backspace":
      return take(event, remove);
  }
}

function withControlKey(event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  if (key === "y" || (key === "z" && event.shiftKey)) take(event, () => void redo());
  else if (key === "z") take(event, () => void undo());
}

function take(event: KeyboardEvent, act: () => void): void {
  event.preventDefault();
  act();
}

function remove(): void {
  const it = selected.it;
  if (it?.kind === "actor") return void stop(it.actor, it.host);
  const link = it?.kind === "link" ? lattice.links.find((one) => linkId(one) === it.link) : undefined;
  if (link) void unlink(link);
}

function isTyping(target: EventTarget | undefined): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName))
  );
}
