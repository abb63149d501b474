// The stage of this tab: where actors show texts, canvases and inputs. It is a provider of `wisteria:ui`, put up when it is
// needed first, under a name that no other tab has.

import { joinedHost, refresh } from "../lattice/client";
import { lattice } from "../lattice/state.svelte";
import { nameOfActor } from "../lattice/view";
import { stageName } from "./name";
import { stage } from "./state.svelte";

/** Drawings are counted over so many milliseconds. */
const WINDOW = 2000;
/** Drawings that are remembered; more in one window are not counted. */
const MOST_DRAWINGS = 4000;

/** What actors show; it stands in the page while the stage is open. */
export const element = document.createElement("div");
element.className = "stage";

/** When each actor has drawn, in milliseconds. */
const drawings = new Map<string, number[]>();

let putting: Promise<string> | undefined;
/** The host that it was put up on: the page has another one once it joins another lattice. */
let putUpOn = "";

/** Puts the stage up unless it is; resolves with the key of its provider. */
export function putUp(): Promise<string> {
  if (putUpOn !== lattice.own) [putting, putUpOn] = [undefined, lattice.own];
  putting ??= provide().catch((thrown: unknown) => {
    putting = undefined;
    throw thrown;
  });
  return putting;
}

async function provide(): Promise<string> {
  const { id } = await joinedHost().showActors(element, {
    name: stageName(),
    place: ({ actor, linkName }) => sectionOf(actor, linkName),
    told: ({ actor, operation }) => {
      if (operation === "Ui.Draw") noteDrawing(actor);
    },
  });
  await refresh(lattice.own);
  stage.provider = id;
  return id;
}

/** Shows the stage. Rejects where it cannot be put up. */
export async function openStage(): Promise<void> {
  await putUp();
  stage.isOpen = true;
}

/** Puts it out of sight. What actors show there goes on. */
export function closeStage(): void {
  stage.isOpen = false;
}

/** Each link has a section with the actor's name; the package removes it with the link. */
function sectionOf(actor: string, linkName: string): HTMLElement {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  const name = nameOfActor(actor);
  section.className = "wisteria-actor";
  Object.assign(section.dataset, { actor, link: linkName });
  section.setAttribute("aria-label", name);
  heading.textContent = name;
  section.append(heading);
  element.append(section);
  return section;
}

function noteDrawing(actor: string): void {
  const times = drawings.get(actor) ?? [];
  times.push(performance.now());
  if (times.length > MOST_DRAWINGS) times.shift();
  drawings.set(actor, times);
}

/** How many bitmaps an actor draws here in a second, as of now. */
export function drawingRate(actor: string): number {
  const since = performance.now() - WINDOW;
  const recent = (drawings.get(actor) ?? []).filter((time) => time > since);
  drawings.set(actor, recent);
  return (recent.length * 1000) / WINDOW;
}
