// Trying an example: its manifest is applied, and what comes next is offered.

import { callActor } from "../lattice/client";
import { operationsOf } from "../lattice/contracts";
import { lattice } from "../lattice/state.svelte";
import { contractsOf } from "../lattice/view";
import { moduleOf } from "../library/modules.svelte";
import type { ManifestPlan } from "../manifest/plan.svelte";
import { closeDialog, openDialog } from "../ui/dialogs.svelte";
import { showFailure } from "../ui/notices.svelte";
import { select } from "../ui/selection.svelte";
import { FIRST_ADDRESS, type Example } from "./examples";

const KEY = "wisteria examples";

class Gallery {
  /** The example that is being started. */
  starting = $state<Example["id"] | undefined>(undefined);
  /** The example that runs, with its actor's key, and where it listens: what comes next is offered. */
  next = $state.raw<{ example: Example; actor: string; address?: string } | undefined>(undefined);
  /** Whether examples were sent away from the empty canvas. */
  isDismissed = $state(localStorage.getItem(KEY) === "no");
}

/** Where the gallery stands. */
export const gallery = new Gallery();

/** Whether the canvas is empty, so that examples are offered beside it. */
export function isFirstRun(): boolean {
  return lattice.isKnown && !gallery.isDismissed && !gallery.next && lattice.hosts.every(({ actors }) => actors.length === 0);
}

/** Sends the examples away from the empty canvas, in this browser. */
export function dismissExamples(): void {
  gallery.isDismissed = true;
  localStorage.setItem(KEY, "no");
}

/** Starts and links what an example consists of. What fails is shown. */
export async function tryExample(example: Example): Promise<void> {
  gallery.starting = example.id;
  try {
    const plan = await applied(example.manifest());
    const actor = plan.actor(example.actor);
    if (plan.failure || !actor) throw failureOf(plan);
    closeDialog();
    gallery.next = { example, actor };
    const failure = await listen(example, FIRST_ADDRESS);
    if (failure) openDialog({ kind: "listen", example, failure });
  } catch (thrown) {
    showFailure(`Try ${example.title}`, thrown);
  } finally {
    gallery.starting = undefined;
  }
}

/** Has an example listen at an address, if it does that; resolves with cause and remedy where it cannot. */
export async function listen(example: Example, address: string): Promise<string | undefined> {
  const extra = example.extra?.(address);
  if (!extra) return undefined;
  const { failure } = await applied(extra);
  if (!failure && gallery.next?.example === example) gallery.next = { ...gallery.next, address };
  return failure?.message;
}

async function applied(manifest: object): Promise<ManifestPlan> {
  const { ManifestPlan } = await import("../manifest/plan.svelte");
  const plan = new ManifestPlan(manifest);
  await plan.read();
  // What failed is not tried again by itself.
  if (plan.status === "ready") await plan.apply();
  return plan;
}

function failureOf({ failure }: ManifestPlan): Error {
  return Object.assign(new Error(failure?.message ?? "it has no actor"), { code: failure?.code ?? "other" });
}

/** Does what comes next: calls the actor, joins the chat, begins to draw. */
export async function goOn(): Promise<void> {
  const { next } = gallery;
  if (!next) return;
  const { example, actor } = next;
  gallery.next = undefined;
  try {
    if (example.id === "chat" || example.id === "farm") {
      const [{ openStage }, { joinChat, openFarm }] = await Promise.all([import("../stage/stage.svelte"), import("../stage/offers")]);
      await openStage();
      return await (example.id === "chat" ? joinChat(actor) : openFarm(actor));
    }
    const host = lattice.hosts.find(({ actors }) => actors.some(({ id }) => id === actor))?.id;
    if (host) select({ kind: "actor", actor, host });
    const [operation] = operationsOf(contractsOf(actor), moduleOf(actor)?.operations);
    if (operation) await callActor(actor, operation.name, operation.example, operation.raw ?? false);
  } catch (thrown) {
    showFailure(`${example.title}: ${example.next.act}`, thrown);
  }
}
