// A host as the page drives it by messages, in whatever thread it runs.

import { Asking } from "./asking.js";
import { loadCore } from "./core.js";
import { WisteriaError } from "./error.js";
import { Feeds } from "./feed.js";
import type { TabHost } from "./host/host.js";
import { notInitialised } from "./init.js";
import { openKeys } from "./keys.js";
import type { FromHost, Methods, Request, StartOptions, Started, ToHost } from "./protocol.js";
import { provideOn } from "./describe.js";
import { tellEvents } from "./lattice-events.js";
import type { Description } from "./provide.js";
import * as providers from "./providers/mod.js";
import { Signing } from "./signing.js";
import type { SignClaims } from "./types.js";

/** One host, from its start to its stop. */
export class Hosting {
  readonly #post: (message: FromHost) => void;
  readonly #ownWasm: () => Promise<WebAssembly.Module>;
  readonly #asking: Asking;
  readonly #feeds: Feeds;
  #host: TabHost | undefined;
  #signing: Signing | undefined;
  /** A frozen tab answers nobody; browsers spare those that hold a lock. */
  #releaseLock: (() => void) | undefined;

  /** `post` hands the page a message, `ownWasm` gets the tab host's WebAssembly where the page gives none. */
  constructor(post: (message: FromHost) => void, ownWasm: () => Promise<WebAssembly.Module> = () => Promise.reject(notInitialised())) {
    this.#post = post;
    this.#ownWasm = ownWasm;
    this.#asking = new Asking(post);
    this.#feeds = new Feeds(post);
  }

  /** The page's message arrives. What it asks is answered by a message. */
  async take(message: ToHost): Promise<void> {
    if ("taken" in message) return this.#feeds.taken(message.taken, message.count);
    if ("ask" in message) return this.#asking.settle(message);
    try {
      this.#post({ id: message.id, value: await this.#answer(message) });
    } catch (thrown) {
      const { code, message: why } = WisteriaError.from(thrown);
      this.#post({ id: message.id, error: { code, message: why } });
    }
  }

  /** Has the host leave the lattice, if it is there and has not left. */
  async end(): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    if (host) await this.#stop(host).catch(() => {});
  }

  async #answer({ method, args }: Request): Promise<unknown> {
    if (method === "start") return this.#start(args[0] as StartOptions);
    const [host, signing] = [this.#host, this.#signing];
    if (!host || !signing) throw new WisteriaError("not-started", "the host has not started; await Host.start first");
    if (method === "stop") return this.#stop(host);
    if (method === "provide") return provideOn(host, args[0] as Description, this.#asking.provider(args[1] as number));
    if (method === "sign") return signing.sign(args[0] as Uint8Array, args[1] as SignClaims);
    if (method === "subscribe") return this.#feeds.subscribe(host, ...(args as Parameters<Methods["subscribe"]>));
    if (method === "unsubscribe") return this.#feeds.unsubscribe(args[0] as number);
    const call = host[method] as (...args: unknown[]) => ReturnType<Methods[typeof method]>;
    return call.apply(host, args);
  }

  async #start({ wasm, ...options }: StartOptions): Promise<Started> {
    const opening = openKeys();
    const core = await loadCore(wasm ?? (await this.#ownWasm()));
    const keys = await opening;
    const signing = new Signing(core, keys);
    const tab = await providers.prepare(keys, options.lattice);
    const { account } = signing;
    const host = await core.TabHost.start({
      ...options,
      // What is signed here runs here: whoever can have it signed runs scripts in this page's name.
      trustedIssuers: [...options.trustedIssuers, account.key],
      providerSeeds: tab.seeds,
      onLog: (detail) => this.#post({ news: "log", detail }),
      onConnection: (state) => this.#post({ news: "connection", detail: state as "connected" }),
    });
    [this.#host, this.#signing] = [host, signing];
    await tellEvents(host, options.lattice, (detail) => this.#post({ news: "event", detail }));
    await providers.provideAll(host, tab);
    void globalThis.navigator?.locks?.request(`wisteria host ${host.hostId}`, () => new Promise<void>((done) => (this.#releaseLock = done)));
    return { hostId: host.hostId, engine: host.engine, account };
  }

  async #stop(host: TabHost): Promise<void> {
    await host.stop();
    this.#releaseLock?.();
  }
}
