// The lattice as people think of it: actors, providers and links with their names, from what hosts tell.

import type { Link } from "wisteria";
import { moduleOf } from "../library/modules.svelte";
import { isBuiltIn } from "./contracts";
import { lattice, type HostState } from "./state.svelte";

/** A key as people tell it apart: its first eight characters. */
export function shortKey(key: string): string {
  return key.length > 10 ? `${key.slice(0, 8)}…` : key;
}

/** What a host is called. */
export function nameOfHost(id: string): string {
  if (id === "") return "Lattice";
  if (id === lattice.own) return "This tab";
  const host = lattice.hosts.find((one) => one.id === id);
  if (!host) return shortKey(id);
  const name = host.labels["kind"] === "browser" ? "Tab" : host.name || "Host";
  return `${capitalised(name)} ${id.slice(0, 5)}`;
}

/** Beginning with a capital letter. */
function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Whether a host is a tab. */
export function isTab(host: HostState): boolean {
  return host.labels["kind"] === "browser";
}

/** What an actor claims or, where it is unsigned, is known to use; with what it is linked to. */
export function contractsOf(actor: string): string[] {
  const claimed = lattice.claims.find(({ sub }) => sub === actor)?.caps;
  const known = claimed ? claimed.split(",") : (moduleOf(actor)?.contracts ?? []);
  const linked = lattice.links.filter(({ actor_id }) => actor_id === actor).map(({ contract_id }) => contract_id);
  return [...new Set([...known, ...linked])].filter((contract) => !isBuiltIn(contract));
}

/** Whether an actor's contracts are all that it may use. */
export function isSigned(actor: string): boolean {
  return Boolean(lattice.claims.find(({ sub }) => sub === actor)?.iss);
}

/** What an actor is called. */
export function nameOfActor(actor: string): string {
  const told = lattice.hosts.flatMap(({ actors }) => actors).find(({ id, name }) => id === actor && name)?.name;
  return told || lattice.claims.find(({ sub }) => sub === actor)?.name || moduleOf(actor)?.name || shortKey(actor);
}

/** What a provider is called. */
export function nameOfProvider(provider: string): string {
  const told = lattice.hosts.flatMap(({ providers }) => providers).find(({ id }) => id === provider);
  return told?.name ?? shortKey(provider);
}

/** What a link is told apart by. */
export function linkId({
  actor_id,
  contract_id,
  link_name,
}: Pick<Link, "actor_id" | "contract_id" | "link_name">): string {
  return `${actor_id} ${contract_id} ${link_name}`;
}

/** Where a provider runs. */
export function hostsOfProvider(provider: string): HostState[] {
  return lattice.hosts.filter(({ providers }) => providers.some(({ id }) => id === provider));
}

/** A provider as a choice. */
export interface ProviderChoice {
  id: string;
  name: string;
  contract: string;
  host: string;
}

/** All providers that can be linked, on each host where they run. */
export function allProviders(): ProviderChoice[] {
  return lattice.hosts.flatMap((host) =>
    host.providers
      .filter(({ contract_id }) => !isBuiltIn(contract_id))
      .map(({ id, name, contract_id }) => ({ id, name: name ?? shortKey(id), contract: contract_id, host: host.id })),
  );
}

/** An actor as a choice. */
export interface ActorChoice {
  id: string;
  name: string;
  hosts: string[];
}

/** All actors that run, each once. */
export function allActors(): ActorChoice[] {
  const hostsById = new Map<string, string[]>();
  for (const host of lattice.hosts) {
    for (const { id } of host.actors) hostsById.set(id, [...(hostsById.get(id) ?? []), host.id]);
  }
  return [...hostsById].map(([id, hosts]) => ({ id, name: nameOfActor(id), hosts }));
}

/** The state of a link in words, with the provider's reason where it was refused. */
export function stateOfLink(link: Link): { state: "active" | "pending" | "refused"; words: string } {
  switch (link.status?.state) {
    case "pending":
      return { state: "pending", words: "Pending: its provider runs nowhere" };
    case "refused":
      return { state: "refused", words: `Refused: ${link.status.reason}` };
    default:
      return { state: "active", words: "Active" };
  }
}

/** Bytes for people. */
export function inBytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
