// The worker in which a host lives: loads the wasm, and carries out what the page asks.

import { Asking } from "./asking.js";
import { WisteriaError } from "./error.js";
import type { TabHost } from "./host/host.js";
import { openKeys } from "./keys.js";
import type { AskAnswer, FromWorker, Methods, Request, StartOptions, Started } from "./protocol.js";
import { provideOn, type Description } from "./provide.js";
// Not imported lazily: what a bundler would cut off imports this file again, which WebKit runs a second time.
import * as providers from "./providers/mod.js";
import { Signing } from "./signing.js";
import type { SignClaims } from "./types.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<Request | AskAnswer>) => void) | null;
  postMessage(message: FromWorker): void;
};

let host: TabHost | undefined;
let signing: Signing | undefined;
const asking = new Asking((ask) => scope.postMessage(ask));

/** A frozen tab answers nobody; browsers spare those that hold a lock. */
let releaseLock: (() => void) | undefined;

async function start(options: StartOptions): Promise<Started> {
  const canSuspend = "Suspending" in WebAssembly && "promising" in WebAssembly;
  const opening = openKeys();
  const core = canSuspend ? await import("./host/host.js") : await import("./host-wasmi/host.js");
  await core.default();
  const keys = await opening;
  signing = new Signing(core, keys);
  const tab = await providers.prepare(keys, options.lattice);
  const { account } = signing;
  host = await core.TabHost.start({
    ...options,
    // What is signed here runs here: whoever can have it signed runs scripts in this page's name.
    trustedIssuers: [...options.trustedIssuers, account.key],
    providerSeeds: tab.seeds,
    onLog: (detail) => scope.postMessage({ news: "log", detail }),
    onConnection: (state) => scope.postMessage({ news: "connection", detail: state as "connected" }),
  });
  host.onEvent((detail) => scope.postMessage({ news: "event", detail }));
  await providers.provideAll(host, tab);
  void navigator.locks?.request(`wisteria host ${host.hostId}`, () => new Promise<void>((done) => (releaseLock = done)));
  return { hostId: host.hostId, engine: host.engine, account };
}

async function answer({ method, args }: Request): Promise<unknown> {
  if (method === "start") return start(args[0] as StartOptions);
  if (host === undefined || signing === undefined) throw new WisteriaError("not-started", "the host has not started; await Host.start first");
  if (method === "stop") {
    await host.stop();
    releaseLock?.();
    return undefined;
  }
  if (method === "provide") return provideOn(host, args[0] as Description, asking.provider(args[1] as number));
  if (method === "sign") return signing.sign(args[0] as Uint8Array, args[1] as SignClaims);
  const call = host[method] as (...args: unknown[]) => ReturnType<Methods[typeof method]>;
  return call.apply(host, args);
}

scope.onmessage = async ({ data }) => {
  if ("ask" in data) return asking.settle(data);
  try {
    scope.postMessage({ id: data.id, value: await answer(data) });
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    scope.postMessage({ id: data.id, error: { code, message } });
  }
};
