// Every change that the page makes, as plain data: how it is carried out, how it is called, and what takes it back.

import type { Link } from "wisteria";
import { noteDeployed } from "../code/kept-sources.svelte";
import {
  deleteLabel,
  deleteLink,
  moveActor,
  putLabel,
  putLink,
  scaleActor,
  startActor,
  startProvider,
  stopActor,
  stopProvider,
  updateActor,
  type Bounds,
} from "../lattice/client";
import { shortContract } from "../lattice/contracts";
import { lattice } from "../lattice/state.svelte";
import { linkId, nameOfActor, nameOfHost, nameOfProvider } from "../lattice/view";
import { addOwn, bytesOf, moduleOf, noteActor, type ModuleEntry } from "../library/modules.svelte";

/** A version of an actor that was written here: its signed module, and the text that it was made of. */
export interface Version {
  module: Uint8Array;
  /** Its source, where this page has it. */
  text?: string;
  revision: number;
}

/** A change to the lattice. `name` is what the actor was called when the command was given. */
export type Command =
  | { kind: "start"; module: ModuleEntry; host: string; bounds: Bounds; actor?: string }
  | { kind: "stop"; actor: string; name: string; host: string }
  | { kind: "update"; actor: string; name: string; from?: Version; to: Version }
  | { kind: "scale"; actor: string; name: string; host: string; bounds: Bounds }
  | { kind: "move"; actor: string; name: string; from: string; to: string; bounds: Bounds }
  | { kind: "start-provider"; name: string; host: string; linkName: string; shares?: string; provider?: string }
  | { kind: "stop-provider"; name: string; host: string; linkName: string; provider: string }
  | { kind: "put-link"; link: Link }
  | { kind: "delete-link"; link: Link }
  | { kind: "put-label"; host: string; key: string; value: string }
  | { kind: "delete-label"; host: string; key: string };

/** Carries a command out. Rejects with cause and remedy. */
export async function perform(command: Command): Promise<void> {
  switch (command.kind) {
    case "start": {
      const { module, host, bounds, actor } = command;
      const key = await startActor(await moduleFor(module), module.name, host, bounds, actor ?? module.id);
      noteActor(key, module);
      command.actor = key;
      return;
    }
    case "stop":
      return stopActor(command.actor, command.host);
    case "update": {
      const { actor, name, to } = command;
      await updateActor(actor, to.module, hostsOf(actor));
      await addOwn(to.module, `${name}.wasm`);
      noteDeployed(name, actor, to);
      return;
    }
    case "scale":
      return scaleActor(command.actor, command.host, command.bounds);
    case "move":
      return moveActor(command.actor, command.name, command.from, command.to, command.bounds);
    case "start-provider":
      command.provider = await startProvider(command.name, command.host, command.linkName, command.shares);
      return;
    case "stop-provider":
      return stopProvider(command.provider, command.host);
    case "put-link":
      return putLink(command.link);
    case "delete-link":
      return deleteLink(command.link);
    case "put-label":
      return putLabel(command.host, command.key, command.value);
    case "delete-label":
      return deleteLabel(command.host, command.key);
  }
}

/** What a host is given: the bytes, or the key of an actor whose module the lattice alone has. */
async function moduleFor(module: ModuleEntry): Promise<Uint8Array | string> {
  return module.source === "lattice" ? module.id : bytesOf(module);
}

/** What takes a command back, as things stand before it is carried out; nothing where it cannot be taken back. */
export function inverseOf(command: Command): ((done: Command) => Command) | undefined {
  switch (command.kind) {
    case "start": {
      const { host, module } = command;
      const before = boundsOf(module.id, host);
      if (before) return () => ({ kind: "scale", actor: module.id, name: module.name, host, bounds: before });
      return (done) => ({
        kind: "stop",
        actor: (done.kind === "start" && done.actor) || module.id,
        name: module.name,
        host,
      });
    }
    case "stop": {
      const { actor, host } = command;
      const [module, bounds] = [moduleOf(actor), boundsOf(actor, host)];
      return module && bounds ? () => ({ kind: "start", module, host, bounds, actor }) : undefined;
    }
    case "update": {
      const { from, to } = command;
      return from && (() => ({ ...command, from: to, to: from }));
    }
    case "scale": {
      const bounds = boundsOf(command.actor, command.host);
      return bounds ? () => ({ ...command, bounds }) : undefined;
    }
    case "move":
      return () => ({ ...command, from: command.to, to: command.from });
    case "start-provider": {
      const { name, host, linkName } = command;
      return (done) => ({
        kind: "stop-provider",
        name,
        host,
        linkName,
        provider: (done.kind === "start-provider" && done.provider) || "",
      });
    }
    case "stop-provider": {
      const { name, host, linkName, provider } = command;
      // A provider of a page's own making has no name by which hosts start it.
      return !name ? undefined : () => ({ kind: "start-provider", name, host, linkName, shares: provider });
    }
    case "put-link": {
      const before = lattice.links.find((link) => linkId(link) === linkId(command.link));
      return () => (before ? { kind: "put-link", link: before } : { kind: "delete-link", link: command.link });
    }
    case "delete-link":
      return () => ({ kind: "put-link", link: command.link });
    case "put-label":
    case "delete-label": {
      const { host, key } = command;
      const before = lattice.hosts.find(({ id }) => id === host)?.labels[key];
      return () => (before === undefined ? { kind: "delete-label", host, key } : { kind: "put-label", host, key, value: before });
    }
  }
}

/** The hosts that run an actor. */
export function hostsOf(actor: string): string[] {
  return lattice.hosts.filter(({ actors }) => actors.some(({ id }) => id === actor)).map(({ id }) => id);
}

/** How an actor is bounded on a host; nothing where it does not run there. */
export function boundsOf(actor: string, host: string): Bounds | undefined {
  const found = lattice.hosts.find(({ id }) => id === host)?.actors.find(({ id }) => id === actor);
  if (!found) return undefined;
  const [instance] = found.instances;
  const { max_concurrent: maxInstances = 1, limits } = instance ?? {};
  return { maxInstances, ...(limits ? { limits } : {}) };
}

/** A command in words, "Start kv-counter on This tab". */
export function titleOf(command: Command): string {
  switch (command.kind) {
    case "start":
      return `Start ${command.module.name} on ${nameOfHost(command.host)}`;
    case "stop":
      return `Stop ${command.name} on ${nameOfHost(command.host)}`;
    case "update":
      return `Update ${command.name} to version ${command.to.revision}`;
    case "scale":
      return `Scale ${command.name} to ${command.bounds.maxInstances} on ${nameOfHost(command.host)}`;
    case "move":
      return `Move ${command.name} to ${nameOfHost(command.to)}`;
    case "start-provider":
      return `Start provider ${command.name} on ${nameOfHost(command.host)}`;
    case "stop-provider":
      return `Stop provider ${command.name || nameOfProvider(command.provider)} on ${nameOfHost(command.host)}`;
    case "put-link":
      return `Link ${wordsOf(command.link)}`;
    case "delete-link":
      return `Unlink ${wordsOf(command.link)}`;
    case "put-label":
      return `Label ${nameOfHost(command.host)} ${command.key}=${command.value}`;
    case "delete-label":
      return `Remove the label ${command.key} from ${nameOfHost(command.host)}`;
  }
}

function wordsOf({ actor_id, provider_id, contract_id, link_name }: Link): string {
  const named = link_name === "default" ? "" : ` as ${link_name}`;
  return `${nameOfActor(actor_id)} and ${nameOfProvider(provider_id)} for ${shortContract(contract_id)}${named}`;
}
