// The worker in which a host lives: loads the wasm, and carries out what the page asks.

import { WisteriaError } from "./error.js";
import type { TabHost } from "./host/host.js";
import { openKeys } from "./keys.js";
import type { FromWorker, Methods, Request, StartOptions, Started } from "./protocol.js";
import { Signing } from "./signing.js";
import type { SignClaims } from "./types.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<Request>) => void) | null;
  postMessage(message: FromWorker): void;
};

let host: TabHost | undefined;
let signing: Signing | undefined;

/** A frozen tab answers nobody; browsers spare those that hold a lock. */
let releaseLock: (() => void) | undefined;

async function start(options: StartOptions): Promise<Started> {
  const canSuspend = "Suspending" in WebAssembly && "promising" in WebAssembly;
  const opening = openKeys();
  const core = canSuspend ? await import("./host/host.js") : await import("./host-wasmi/host.js");
  await core.default();
  signing = new Signing(core, await opening);
  const { account } = signing;
  host = await core.TabHost.start({
    ...options,
    // What is signed here runs here: whoever can have it signed runs scripts in this page's name.
    trustedIssuers: [...options.trustedIssuers, account.key],
    onLog: (detail) => scope.postMessage({ news: "log", detail }),
    onConnection: (state) => scope.postMessage({ news: "connection", detail: state as "connected" }),
  });
  host.onEvent((detail) => scope.postMessage({ news: "event", detail }));
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
  if (method === "sign") return signing.sign(args[0] as Uint8Array, args[1] as SignClaims);
  const call = host[method] as (...args: unknown[]) => ReturnType<Methods[typeof method]>;
  return call.apply(host, args);
}

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ id: data.id, value: await answer(data) });
  } catch (thrown) {
    const { code, message } = WisteriaError.from(thrown);
    scope.postMessage({ id: data.id, error: { code, message } });
  }
};
