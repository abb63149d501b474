// What this tab can do about the actors that show something: have them shown here, join their chat, take part in their work.

import { carryOut } from "../commands/log.svelte";
import { request } from "../lattice/client";
import { lattice } from "../lattice/state.svelte";
import { allActors, contractsOf } from "../lattice/view";
import { library, moduleOf, type ModuleEntry } from "../library/modules.svelte";
import { putUp } from "./stage.svelte";
import { stage } from "./state.svelte";

/** Something that one click does. */
export interface Offer {
  words: string;
  act: () => Promise<void>;
}

const UI = "wisteria:ui";
/** Tiles that a tab computes at once where it takes part in the farm. */
const SHARE = 1;

/** What can be done now. */
export function offers(): Offer[] {
  const shown = allActors().flatMap((actor): Offer[] => {
    const sample = moduleOf(actor.id)?.name;
    if (sample === "chat") return isShown(actor.id) ? [] : [{ words: "Join the chat with this tab", act: () => joinChat(actor.id) }];
    if (!contractsOf(actor.id).includes(UI) || isShown(actor.id)) return [];
    const act = sample === "fractal-farm" ? () => openFarm(actor.id) : () => show(actor.id, "default");
    return [{ words: `Show ${actor.name} here`, act }];
  });
  return canTakePart() ? [...shown, { words: "Take part in the farm with this tab", act: takePart }] : shown;
}

/** Whether there is a farm, and this tab does not compute for it yet. */
function canTakePart(): boolean {
  const computing = hostsOf("fractal-tile");
  return !computing.includes(lattice.own) && computing.length + hostsOf("fractal-farm").length > 0;
}

/** The live hosts that run a sample. */
function hostsOf(name: string): string[] {
  const live = lattice.hosts.filter(({ presence }) => presence === "live");
  return live.filter(({ actors }) => actors.some(({ id }) => moduleOf(id)?.name === name)).map(({ id }) => id);
}

/** Whether an actor is linked to this tab's stage. */
function isShown(actor: string): boolean {
  return lattice.links.some((link) => link.actor_id === actor && link.contract_id === UI && link.provider_id === stage.provider);
}

async function show(actor: string, link_name: string): Promise<void> {
  const provider_id = await putUp();
  if (isShown(actor)) return;
  await carryOut({ kind: "put-link", link: { actor_id: actor, provider_id, contract_id: UI, link_name, values: {} } });
}

/** Links a chat's actor to this tab's stage, under a name of this tab, and joins. */
export async function joinChat(actor: string): Promise<void> {
  const name = `tab-${lattice.own.slice(1, 6).toLowerCase()}`;
  await show(actor, name);
  await request(actor, "Chat.Join", name);
}

/** Has the farm draw on this tab's stage, with the workers that there are. */
export async function openFarm(actor: string): Promise<void> {
  await show(actor, "default");
  const worker = sample("fractal-tile");
  await request(actor, "Farm.Open", worker.id);
}

/** Has this tab compute tiles, too. */
async function takePart(): Promise<void> {
  await carryOut({ kind: "start", module: sample("fractal-tile"), host: lattice.own, bounds: { maxInstances: SHARE } });
}

function sample(name: string): ModuleEntry {
  return library.entries.find((entry) => entry.source === "sample" && entry.name === name) as ModuleEntry;
}
