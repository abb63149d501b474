// The providers that each tab brings along beside those of its core.

import { provideOn } from "../describe.js";
import { WisteriaError } from "../error.js";
import type { TabHost } from "../host/host.js";
import { seedOf, type Keys } from "../keys.js";
import type { Description } from "../provide.js";
import {
  blobsDescription,
  eventStreamsDescription,
  httpClientDescription,
  keyValueDescription,
  messagingDescription,
  type Keeping,
} from "./descriptions.js";
import { keeping } from "./keeping.js";
import { LazyAnswers, type CallActor, type Load } from "./lazy.js";

/** What a tab's providers are made of. */
export interface Tab {
  lattice: string;
  /** What the browser keeps state in, if it does. */
  where: Keeping | undefined;
  /** Whether other hosts of the origin have the same keys, so that one of them at a time may run what has them. */
  isShared: boolean;
  /** Keys, in hexadecimal, of providers whose state outlives the tab: they outlive it, too, so that links to them hold. */
  seeds: Record<string, string>;
}

/** A provider: what it says of itself, and how its code is loaded. */
interface Brought {
  description: Description;
  load: Load;
}

/** The providers that the tabs of an origin have in common. */
function common({ lattice, where }: Pick<Tab, "lattice" | "where">): Brought[] {
  const messaging = { description: messagingDescription, load: async (call: CallActor) => (await import("./messaging-tab.js")).messaging(call) };
  return where === undefined ? [messaging] : [...storing(lattice, where), messaging];
}

/** Those of them that keep something. */
function storing(lattice: string, where: Keeping): Brought[] {
  const everywhere: Brought[] = [
    { description: keyValueDescription(where), load: async () => (await import("./keyvalue-tab.js")).keyValue(lattice, where) },
    { description: eventStreamsDescription(where), load: async (call) => (await import("./eventstreams-tab.js")).eventStreams(lattice, where, call) },
  ];
  const inFiles: Brought = { description: blobsDescription, load: async (call) => (await import("./blobstore-opfs.js")).blobStore(lattice, call) };
  return where === "opfs" ? [...everywhere, inFiles] : everywhere;
}

/** Names of providers whose keys each host has anew, in the order of these. */
export const FIRST_NAMES: readonly string[] = [httpClientDescription.name];

/** Finds out what there is for a host of that lattice. */
export async function prepare(keys: Keys, lattice: string): Promise<Tab> {
  const where = await keeping();
  const seeds: Tab["seeds"] = {};
  for (const { description } of common({ lattice, where })) {
    seeds[description.name] = await seedOf(keys, `provider ${description.name} of ${lattice}`);
  }
  return { lattice, where, isShared: where !== undefined || keys.kept !== "memory", seeds };
}

/**
 * Provides what this tab has. What the origin's tabs have in common runs in one of them, and in the next when that one ends.
 * Resolves once those that can run do.
 */
export async function provideAll(host: TabHost, tab: Tab): Promise<void> {
  await provideHere(host, { description: httpClientDescription, load: async () => (await import("./http-client.js")).httpClient() });
  for (const brought of common(tab)) {
    if (tab.isShared) await provideAlone(host, `wisteria ${brought.description.name} of ${tab.lattice}`, brought);
    else await provideHere(host, brought);
  }
}

/** Provides something, unless the host's policy has it otherwise. */
async function provideHere(host: TabHost, { description, load }: Brought): Promise<boolean> {
  // Links are told of before the provider's key is known.
  let begun: (id: string) => void = () => {};
  const id = new Promise<string>((resolve) => (begun = resolve));
  const call: CallActor = async (actor, operation, payload, millis) => host.callAs(await id, actor, operation, payload, millis);
  try {
    begun(await provideOn(host, description, new LazyAnswers(description, load, call)));
    return true;
  } catch (thrown) {
    console.warn(`${description.name} is left out: ${WisteriaError.from(thrown).message}`);
    return false;
  }
}

/** Provides something for as long as nobody else of the origin does. */
async function provideAlone(host: TabHost, lock: string, brought: Brought): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) {
    console.warn(`${lock} is left out: pages without TLS have no locks by which one tab could own what is stored`);
    return;
  }
  /** Holds the lock for as long as the worker lives, unless it cannot be provided here. */
  const hold = async () => {
    if (!(await provideHere(host, brought))) return;
    begun();
    await new Promise<never>(() => {});
  };
  let begun = () => {};
  await new Promise<void>((resolve) => {
    begun = resolve;
    void locks.request(lock, { ifAvailable: true }, async (held) => {
      if (held) await hold();
      else void locks.request(lock, hold);
      resolve();
    });
  });
}
