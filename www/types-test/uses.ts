// Right uses compile, and wrong ones do not: each error that is expected here has to be one.

import { decodePayload, Host, NotLinkedError, TimeoutError, WisteriaError, type BusMessage, type HttpResponse, type LinkStatus, type Observation, type ValueKind } from "../src/index.js";

declare const host: Host;
declare const signal: AbortSignal;
declare const bytes: Uint8Array;

/** Compiles where a value is of that type, and not of `any`. */
function is<T>(_: 0 extends 1 & T ? never : T): void {}

export async function starts(): Promise<void> {
  await using started = await Host.start({ bridge: new URL("ws://a"), token: async () => "t", lattice: "l", labels: { a: "b" }, shared: true });
  is<string>(started.id);
  await Host.start({ limits: { instances: 4, most: { fuel: 1 } }, policy: { default: "deny", rules: [{ id: "a", allow: "invoke" }] } });
  // @ts-expect-error an option that there is not
  await Host.start({ brigde: "ws://a" });
  // @ts-expect-error a label is a text
  await Host.start({ labels: { a: 1 } });
  // @ts-expect-error a policy either allows or denies
  await Host.start({ policy: { default: "maybe" } });
  // @ts-expect-error there is no such limit
  await Host.start({ limits: { instance: 4 } });
  // @ts-expect-error a token is a text, or what gets one
  await Host.start({ token: 7 });
}

export async function calls(): Promise<void> {
  is<HttpResponse>(await host.call("M", "HttpServer.HandleRequest", { method: "GET", path: "/" }, { deadline: 1, signal }));
  is<void>(await host.call("M", "MessageSubscriber.HandleMessage", { subject: "a", body: "b" }));
  is<unknown>(await host.call("M", "Own.Operation", { anything: 1 }));
  is<Uint8Array>(await host.call("M", "HttpServer.HandleRequest", bytes, { raw: true }));
  const operation: string = "HttpServer.HandleRequest";
  is<unknown>(await host.call("M", operation, 1));
  // @ts-expect-error a request has a path
  await host.call("M", "HttpServer.HandleRequest", { method: "GET" });
  // @ts-expect-error headers have lists of values
  await host.call("M", "HttpServer.HandleRequest", { method: "GET", path: "/", header: { a: "b" } });
  // @ts-expect-error a raw call takes bytes
  await host.call("M", "Own.Operation", { a: 1 }, { raw: true });
  // @ts-expect-error a deadline is a number of milliseconds
  await host.call("M", "Own.Operation", 1, { deadline: "1s" });
  // @ts-expect-error an option that there is not
  await host.call("M", "Own.Operation", 1, { timeout: 1 });
}

export async function bus(): Promise<void> {
  await host.publish("a", { b: 1 }, { headers: { c: "d" }, reply: "e", deadline: 1, signal });
  is<BusMessage>(await host.request("a", 1, { deadline: 1 }));
  for await (const message of host.subscribe("a.>", { queue: "q", signal })) {
    is<string>(message.subject);
    is<string | undefined>(message.reply);
    is<Uint8Array>(message.bytes);
    await message.respond({ c: 1 });
  }
  // @ts-expect-error a header is a text
  await host.publish("a", 1, { headers: { c: 1 } });
  // @ts-expect-error a request has a reply subject of its own
  await host.request("a", 1, { reply: "b" });
  // @ts-expect-error a queue has a name
  host.subscribe("a", { queue: true });
  // @ts-expect-error there is no end to listening but its signal
  host.subscribe("a", { deadline: 1 });
}

export async function actors(): Promise<void> {
  is<string>(await host.actors.start(bytes, { host: "N", maxInstances: 2, limits: { fuel: 1 }, deadline: 1, signal }));
  await host.actors.start("/a.wasm");
  await host.actors.start({ ref: "counter" });
  await host.actors.update("M", bytes, { host: "N", signal });
  await host.actors.scale("M", 2, { limits: { memory: 1 } });
  await host.actors.stop("M");
  is<Uint8Array>(await host.actors.module("M", { deadline: 1, signal }));
  await host.actors.module({ ref: "counter" });
  // @ts-expect-error a reference is a text
  await host.actors.start({ ref: 1 });
  // @ts-expect-error a module is none of numbers
  await host.actors.start(7);
  // @ts-expect-error there is no such limit
  await host.actors.start(bytes, { limits: { cpu: 1 } });
  // @ts-expect-error an update needs a module
  await host.actors.update("M");
}

export async function lattice(): Promise<void> {
  await host.lattice.putLabel("N", "zone", "near", { signal });
  await host.lattice.deleteLabel("N", "zone");
  await host.lattice.stopHost("N", { patience: 500, deadline: 1000 });
  // @ts-expect-error a label is a text
  await host.lattice.putLabel("N", "zone", 1);
  // @ts-expect-error a label has a value
  await host.lattice.putLabel("N", "zone");
  // @ts-expect-error it is called patience
  await host.lattice.stopHost("N", { timeout: 1 });
  // @ts-expect-error bytes have no module
  await host.actors.module(bytes);
}

export async function links(): Promise<void> {
  is<LinkStatus>(await host.links.put({ actor_id: "M", provider_id: "V", contract_id: "a:b", values: { c: "d" } }, { deadline: 1 }));
  is<LinkStatus>(await host.links.status("M", "a:b"));
  await host.links.del("M", "a:b", "other", { signal });
  for (const value of await host.links.values("V", { deadline: 1 })) {
    is<string>(value.name + value.about + value.example);
    is<ValueKind>(value.kind);
    is<boolean>(value.required || value.secret);
    // @ts-expect-error a value may have no default
    is<string>(value.default);
  }
  // @ts-expect-error a provider is asked
  await host.links.values();
  // @ts-expect-error a link leads to a provider
  await host.links.put({ actor_id: "M", contract_id: "a:b" });
  // @ts-expect-error values are texts
  await host.links.put({ actor_id: "M", provider_id: "V", contract_id: "a:b", values: { c: 1 } });
  // @ts-expect-error it is called del
  await host.links.delete("M", "a:b");
}

export async function provides(): Promise<void> {
  const provider = await host.provide("wasmcloud:keyvalue", {
    "KeyValue.Get": (key, call) => ({ value: call.values.prefix + key, exists: true }),
    "KeyValue.Set": async ({ key, value }) => void (key + value),
  });
  is<string>(provider.id);
  await host.provide("own:contract", { "Own.Do": (argument, { signal, deadline }) => [argument, signal.aborted, deadline] });
  // @ts-expect-error a text is returned with whether it is there
  await host.provide("wasmcloud:keyvalue", { "KeyValue.Get": (key) => key });
  // @ts-expect-error the contract has no such operation
  await host.provide("wasmcloud:keyvalue", { "KeyValue.Grab": () => 1 });
  // @ts-expect-error a promise of what is wrong is wrong, too
  await host.provide("wasmcloud:keyvalue", { "KeyValue.Contains": async () => "yes" });
  // @ts-expect-error there is no such kind of values
  await host.provide("own:contract", {}, { values: { a: { kind: "colour" } } });
  is<HttpResponse>(await provider.call("M", "HttpServer.HandleRequest", { method: "GET", path: "/" }, { signal }));
  // @ts-expect-error what a provider sends is typed as well
  await provider.call("M", "MessageSubscriber.HandleMessage", { body: "a" });
}

export async function observes(): Promise<void> {
  for await (const observation of host.lattice.observe({ signal })) {
    is<Observation>(observation);
    for (const { began, linkName, input, error } of observation.calls) {
      is<[number, string | undefined, string | undefined]>([began, linkName, error?.code]);
      if (input) is<unknown>(await decodePayload(input));
    }
    // @ts-expect-error names are as JavaScript has them
    is<string>(observation.edges[0].link_name);
  }
  // @ts-expect-error there is no end to watching but its signal
  host.lattice.observe({ deadline: 1 });
}

export async function faults(): Promise<void> {
  is<void>(await host.faults.slowLink({ actor_id: "M", contract_id: "a:b" }, 500, { host: "N", signal }));
  is<void>(await host.faults.cutOff("N", 5000, { deadline: 1 }));
  // @ts-expect-error a link is an actor's
  await host.faults.slowLink({ contract_id: "a:b" }, 500);
  // @ts-expect-error a time is a number of milliseconds
  await host.faults.cutOff("N", "5s");
}

export function events(): void {
  host.events.on("log", ({ actor, level }) => is<[string, string]>([actor, level]));
  host.events.on("dropped", ({ subject, dropped }) => is<[string, number]>([subject, dropped]));
  host.events.on("presence", ({ host, presence }) => is<[string, "live" | "suspended" | "gone"]>([host, presence]));
  host.events.on("shared", ({ state }) => is<"leads" | "follows" | "lost">(state));
  // @ts-expect-error there is no such news
  host.events.on("closed", () => {});
}

export function errors(thrown: unknown): string {
  const error = WisteriaError.from(thrown);
  if (error instanceof TimeoutError || error instanceof NotLinkedError) return error.code;
  // @ts-expect-error a code does not change
  error.code = "timeout";
  return error.message;
}
