// What people do on the page, as commands: by canvas, list, palette and keyboard alike.

import type { Link } from "wisteria";
import { askValues } from "../lattice/link-values";
import { lattice } from "../lattice/state.svelte";
import { contractsOf, isSigned, nameOfActor, nameOfHost, nameOfProvider } from "../lattice/view";
import { addOwn, type ModuleEntry } from "../library/modules.svelte";
import { openDialog } from "../ui/dialogs.svelte";
import { showFailure } from "../ui/notices.svelte";
import { select, type Draft } from "../ui/selection.svelte";
import { settings } from "../ui/settings.svelte";
import { boundsOf, type Command } from "./commands";
import { log, run } from "./log.svelte";

/** Calls that an actor handles at once where nobody says otherwise. */
const FIRST_INSTANCES = 4;

/** Starts a module on a host, by default on the one that the library names, and selects its actor; resolves with whether that worked. */
export async function start(module: ModuleEntry, host = settings.startOn || lattice.own): Promise<boolean> {
  const command = { kind: "start" as const, module, host, bounds: { maxInstances: FIRST_INSTANCES } };
  if (!(await run(command))) return false;
  select({ kind: "actor", actor: (command as { actor?: string }).actor ?? module.id, host });
  return true;
}

/** What manifests are called as files. */
const MANIFEST_FILE = /\.(ya?ml|json)$/i;

/** Adds files to the library and starts them on a host; a manifest is shown with its plan instead. */
export async function startFiles(files: Iterable<File>, host?: string): Promise<void> {
  for (const file of files) {
    try {
      if (MANIFEST_FILE.test(file.name)) {
        openDialog({ kind: "import", text: await file.text() });
        continue;
      }
      const module = await addOwn(new Uint8Array(await file.arrayBuffer()), file.name);
      await start(module, host);
    } catch (thrown) {
      showFailure(`Add ${file.name}`, thrown);
    }
  }
}

/** Stops an actor on a host. */
export async function stop(actor: string, host: string): Promise<void> {
  if (await run({ kind: "stop", actor, name: nameOfActor(actor), host })) select({ kind: "host", host });
}

/** Moves an actor from host to host. */
export async function move(actor: string, from: string, to: string): Promise<void> {
  if (from === to) return;
  const bounds = boundsOf(actor, from) ?? { maxInstances: FIRST_INSTANCES };
  if (await run({ kind: "move", actor, name: nameOfActor(actor), from, to, bounds }))
    select({ kind: "actor", actor, host: to });
}

/** A provider that was stopped. */
type StoppedProvider = Extract<Command, { kind: "stop-provider" }>;

/** A provider that was stopped from this page, where it has a name by which it is started again. */
export function stoppedProvider(provider: string, host: string): StoppedProvider | undefined {
  const found = log.entries.findLast(({ command }) => {
    return command.kind === "stop-provider" && command.provider === provider && (command.host === host || host === "");
  })?.command as StoppedProvider | undefined;
  return found?.name ? found : undefined;
}

/** Starts a provider that was stopped, under the key that its links name. */
export async function startAgain({ name, host, linkName, provider }: StoppedProvider): Promise<void> {
  await run({ kind: "start-provider", name, host, linkName, shares: provider });
}

/** Why an actor and a provider of a contract cannot be linked by a port; nothing where they can. */
export function whyNotLinked(actor: string, port: string, provider: string, offered: string): string | undefined {
  if (port !== ANY_CONTRACT && port !== offered) {
    return `this port of ${nameOfActor(actor)} is for ${port}, and ${nameOfProvider(provider)} provides ${offered}; join ports of one contract`;
  }
  if (port === ANY_CONTRACT && isSigned(actor) && !contractsOf(actor).includes(offered)) {
    return `${nameOfActor(actor)} does not claim ${offered}, so no host lets it use that; sign it with that capability`;
  }
  return undefined;
}

/** The port of an actor whose contracts nobody knows. */
export const ANY_CONTRACT = "any contract";

/** Links at once where the provider tells that it needs no values, or does not tell; else opens the form of the link. */
export async function link(draft: Required<Draft>): Promise<void> {
  const told = await askValues(draft.provider_id);
  if (told?.some(({ required }) => required)) return select({ kind: "new-link", draft });
  await putLink({ ...draft, link_name: "default", values: {} });
}

/** Puts a link; resolves with whether that worked. */
export function putLink(put: Link): Promise<boolean> {
  return run({ kind: "put-link", link: put });
}

/** Deletes a link. */
export async function unlink(link: Link): Promise<void> {
  if (await run({ kind: "delete-link", link })) select(undefined);
}

/** Shows that a drop was refused, and why. */
export function refuse(why: string): void {
  showFailure("These do not join", Object.assign(new Error(why), { code: "contract-mismatch" }));
}

/** The hosts that an actor could move to from a host. */
export function otherHosts(host: string): { id: string; name: string }[] {
  return lattice.hosts
    .filter(({ id, presence }) => id !== host && presence === "live")
    .map(({ id }) => ({ id, name: nameOfHost(id) }));
}
