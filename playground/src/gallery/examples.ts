// The examples of the gallery: each a manifest with a story of two lines, and what to do next.

import type { Manifest, ManifestComponent, ManifestTrait } from "wisteria/manifests";
import { lattice } from "../lattice/state.svelte";
import { STAGE } from "../manifest/images";

/** An example. */
export interface Example {
  id: "echo" | "counter" | "chat" | "farm";
  title: string;
  /** Two lines: what it is, and what there is to see. */
  story: [string, string];
  /** The component of the actor that comes next. */
  actor: string;
  /** What comes next, on the button and beside it. */
  next: { act: string; words: string };
  /** What it consists of, for the hosts that there are. */
  manifest(): Manifest;
  /** What it can do without, as it listens at an address of the server, which may be taken; nothing where no host listens. */
  extra?(address: string): Manifest | undefined;
}

/** Where examples listen unless people choose another address. */
export const FIRST_ADDRESS = "127.0.0.1:2323";

/** In the order in which they are shown. */
export const EXAMPLES: Example[] = [
  {
    id: "echo",
    title: "Echo",
    story: ["One actor that answers with what it was asked", "Call it, and watch the request come back"],
    actor: "echo",
    next: { act: "Call it", words: "Echo runs" },
    manifest: () => application("echo", [actorOf("echo", "http_echo", [scaled(4)])]),
  },
  {
    id: "counter",
    title: "KV counter",
    story: ["An actor that counts in a key-value store, by a link", "Call it again, move it to another host: it counts on"],
    actor: "counter",
    next: { act: "Call it", words: "The counter runs, and is linked to its store" },
    manifest: () =>
      application("counter", [
        capability("store", "keyvalue-memory", "wasmcloud:keyvalue"),
        actorOf("counter", "kv_counter", [scaled(4), linked("store")]),
      ]),
  },
  {
    id: "chat",
    title: "Chat",
    story: ["Tabs write to each other, and to terminals", "Open another tab and join, or a terminal by telnet"],
    actor: "chat",
    next: { act: "Join", words: "The chat runs" },
    manifest: () => application("chat", chat()),
    extra: (address) => {
      if (!offers("telnet")) return undefined;
      const [store, messages, actor] = chat(linked("telnet", { ADDRESS: address })) as [ManifestComponent, ManifestComponent, ManifestComponent];
      return application("chat", [store, messages, capability("telnet", "telnet", "wisteria:telnet"), actor]);
    },
  },
  {
    id: "farm",
    title: "Fractal farm",
    story: ["All hosts compute one picture, tile by tile", "Have another tab take part: it goes faster; close one, and it heals"],
    actor: "farm",
    next: { act: "Begin", words: "The farm is ready" },
    manifest: () =>
      application("farm", [
        capability("store", "keyvalue-memory", "wasmcloud:keyvalue"),
        messages(),
        capability("stage", STAGE, "wisteria:ui"),
        actorOf("worker", "fractal_tile", [{ type: "daemonscaler", properties: { replicas: 1 } }]),
        actorOf("farm", "fractal_farm", [scaled(16), linked("store"), linked("messages", { SUBSCRIPTION: "farm.>", PUBLISH: "farm.>", ...atOnce() }), linked("stage")]),
      ]),
  },
];

function chat(...more: ManifestTrait[]): ManifestComponent[] {
  return [
    capability("store", "keyvalue-memory", "wasmcloud:keyvalue"),
    messages(),
    actorOf("chat", "chat", [scaled(8), linked("store"), linked("messages", { SUBSCRIPTION: "chat.>", PUBLISH: "chat.>" }), ...more]),
  ];
}

function application(name: string, components: ManifestComponent[]): Manifest {
  return { apiVersion: "core.oam.dev/v1beta1", kind: "Application", metadata: { name }, spec: { components } };
}

function actorOf(name: string, file: string, traits: ManifestTrait[]): ManifestComponent {
  return { name, type: "actor", properties: { image: `library/${file}.wasm` }, traits };
}

function capability(name: string, image: string, contract: string): ManifestComponent {
  return { name, type: "capability", properties: { image, contract } };
}

/** So many calls at once, on servers where there are any: tabs come and go. */
function scaled(replicas: number): ManifestTrait {
  return { type: "spreadscaler", properties: { replicas, ...(hasServer() ? on("server") : {}) } };
}

/**
 * Tiles that are asked for at a time: where this tab interprets WebAssembly, as in WebKit, one takes a good part of a second, and
 * what waits behind more of them is past its deadline when its turn comes.
 */
const atOnce = (): Record<string, string> => (lattice.engine === "wasmi" ? { CONCURRENCY: "2" } : {});

const on = (kind: "server" | "browser") => ({ spread: [{ requirements: { kind } }] });

const hasServer = () => lattice.hosts.some(({ presence, labels }) => presence === "live" && labels["kind"] === "server");

const linked = (target: string, values: Record<string, string> = {}): ManifestTrait => ({
  type: "linkdef",
  properties: { target, values },
});

/** A server's messages reach NATS clients as well; without a server, those of a tab do. */
function messages(): ManifestComponent {
  return capability("messages", offers("messaging-lattice") ? "messaging-lattice" : "messaging-tab", "wasmcloud:messaging");
}

/** Whether a host has a provider of that name. */
function offers(name: string): boolean {
  return lattice.hosts.some(({ presence, providers }) => presence === "live" && providers.some((one) => one.name === name));
}
