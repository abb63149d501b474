// The providers that each tab brings along beside those of its core.

import { WisteriaError } from "../error.js";
import type { TabHost } from "../host/host.js";
import { randomSeed, type Keys } from "../keys.js";
import { provideOn, type Answering, type Description } from "../provide.js";
import { BLOB_STORE, blobStore } from "./blobstore-opfs.js";
import { eventStreams, eventStreamsName } from "./eventstreams-tab.js";
import { httpClient } from "./http-client.js";
import { keeping, type Keeping } from "./journal.js";
import { keyValue, keyValueName } from "./keyvalue-tab.js";
import { MESSAGING, messaging } from "./messaging-tab.js";
import { fromPayload, toPayload } from "../payload.js";

/** Calls an actor in a provider's name: the argument and the reply are values, the time is in milliseconds. */
export type CallActor = (actor: string, operation: string, argument: unknown, millis: number) => Promise<unknown>;

/** A provider that runs in the host's worker. */
export interface TabProvider {
  description: Description;
  answers: Answering;
  /** It runs, and may call actors from now on. */
  begun?(call: CallActor): void;
}

const isSeed = (kept: unknown): kept is Uint8Array => kept instanceof Uint8Array && kept.length === 32;

/** What a tab's providers are made of. */
export interface Tab {
  lattice: string;
  /** What the browser keeps state in. */
  where: Keeping;
  /** Keys, in hexadecimal, of providers whose state outlives the tab: they outlive it, too, so that links to them hold. */
  seeds: Record<string, string>;
}

/** The providers that the tabs of an origin have in common. */
interface Common {
  name: string;
  make: () => TabProvider;
}

function common({ lattice, where }: Pick<Tab, "lattice" | "where">): Common[] {
  const everywhere = [
    { name: keyValueName(where), make: () => keyValue(lattice, where) },
    { name: eventStreamsName(where), make: () => eventStreams(lattice, where) },
    { name: MESSAGING, make: messaging },
  ];
  return where === "opfs" ? [...everywhere, { name: BLOB_STORE, make: () => blobStore(lattice) }] : everywhere;
}

/** Finds out what there is for a host of that lattice. */
export async function prepare(keys: Keys, lattice: string): Promise<Tab> {
  const where = await keeping();
  const seeds: Tab["seeds"] = {};
  for (const { name } of common({ lattice, where })) {
    const seed = await keys.store.keep(`provider ${name} of ${lattice}`, isSeed, randomSeed);
    seeds[name] = Array.from(seed, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return { lattice, where, seeds };
}

/**
 * Provides what this tab has. What the origin's tabs have in common runs in one of them, and in the next when that one ends.
 * Resolves once those that can run do.
 */
export async function provideAll(host: TabHost, tab: Tab): Promise<void> {
  await provideHere(host, httpClient());
  for (const { name, make } of common(tab)) await provideAlone(host, `wisteria ${name} of ${tab.lattice}`, make);
}

/** Provides something, unless the host's policy has it otherwise. */
async function provideHere(host: TabHost, { description, answers, begun }: TabProvider): Promise<boolean> {
  return provideOn(host, description, answers).then(
    (id) => {
      begun?.(async (actor, operation, argument, millis) => fromPayload(await host.callAs(id, actor, operation, toPayload(argument), millis)));
      return true;
    },
    (thrown: unknown) => {
      console.warn(`${description.name} is left out: ${WisteriaError.from(thrown).message}`);
      return false;
    },
  );
}

/** Provides something for as long as nobody else of the origin does. */
async function provideAlone(host: TabHost, lock: string, make: () => TabProvider): Promise<void> {
  if (!("locks" in navigator)) {
    console.warn(`${lock} is left out: pages without TLS have no locks by which one tab could own what is stored`);
    return;
  }
  /** Holds the lock for as long as the worker lives, unless it cannot be provided here. */
  const hold = async () => {
    if (!(await provideHere(host, make()))) return;
    begun();
    await new Promise<never>(() => {});
  };
  let begun = () => {};
  await new Promise<void>((resolve) => {
    begun = resolve;
    void navigator.locks.request(lock, { ifAvailable: true }, async (held) => {
      if (held) await hold();
      else void navigator.locks.request(lock, hold);
      resolve();
    });
  });
}
