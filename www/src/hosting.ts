// A host as the page drives it by messages, in whatever thread it runs.

import type { Asking } from "./asking.js";
import { loadCore, type Core } from "./core.js";
import { WisteriaError } from "./error.js";
import type { Feeds } from "./feed.js";
import type { TabHost } from "./host/host.js";
import { notInitialised } from "./init.js";
import { openKeys, seedOf, type Keys } from "./keys.js";
import type { FromHost, Methods, Request, StartOptions, Started, ToHost } from "./protocol.js";
import { provideOn } from "./describe.js";
import { tellEvents } from "./lattice-events.js";
import { part } from "./part.js";
import type { Description } from "./provide.js";
import { newMemoryStore } from "./providers/memory.js";
import * as providers from "./providers/mod.js";
import type { Signing } from "./signing.js";
import type { TabLattice } from "./tab-lattice.js";
import type { Account, SignClaims } from "./types.js";

/** The address of the lattice that the tabs of an origin are by themselves. */
const TABS = "tab:";

/** What a host may get where it is. */
export interface Own {
  /** Gets the tab host's WebAssembly where the page gives none. */
  wasm?: () => Promise<WebAssembly.Module>;
  /** Loads what makes a lattice of the origin's tabs. */
  tabs?: (() => Promise<typeof import("./tab-lattice.js")>) | undefined;
}

/** One host, from its start to its stop. */
export class Hosting {
  readonly #post: (message: FromHost) => void;
  readonly #own: Own;
  /** Asks the page's providers, once there are any. */
  #asking: Asking | undefined;
  /** The page's subscriptions, once there are any. */
  #feeds: Feeds | undefined;
  #host: TabHost | undefined;
  /** Gets what signs. */
  #signing: (() => Promise<Signing>) | undefined;
  /** The lattice's events, log lines and connection are told to all of them. */
  readonly #guests = new Set<Hosting>();
  /** Providers of a page that is not the one that started the host: they end with it. */
  readonly #provided = new Set<string>();
  #isGuest = false;
  #isStopping = false;
  /** Names that were provided under, in the order of their keys. */
  names: string[] = [];
  /** Called when there is another. */
  onName: (() => void) | undefined;
  /** A frozen tab answers nobody; browsers spare those that hold a lock. */
  #releaseLock: (() => void) | undefined;
  /** Where the origin's tabs are the lattice. */
  #tabs: TabLattice | undefined;

  /** `post` hands the page a message. */
  constructor(post: (message: FromHost) => void, own: Own = {}) {
    this.#post = post;
    this.#own = own;
  }

  /** The page's message arrives. What it asks is answered by a message. */
  take(message: ToHost): void {
    if ("taken" in message) return this.#feeds?.taken(message.taken, message.count);
    if ("ask" in message) return this.#asking?.settle(message);
    const { id } = message;
    this.#carryOut(message).then(
      (value) => this.#post({ id, value }),
      (thrown: unknown) => {
        const { code, message: why } = WisteriaError.from(thrown);
        this.#post({ id, error: { code, message: why } });
      },
    );
  }

  /** Calls are many and short, so they go straight to the host. */
  #carryOut(request: Request): Promise<unknown> {
    if (request.method !== "call" || !this.#host) return this.#answer(request);
    try {
      return this.#host.call(...(request.args as Parameters<Methods["call"]>));
    } catch (thrown) {
      // An argument of another type.
      return Promise.reject(thrown);
    }
  }

  /** Has the host leave the lattice, if it is there and has not left. */
  async end(): Promise<void> {
    if (this.#isGuest) return this.#leave();
    const host = this.#host;
    this.#host = undefined;
    if (host) await this.#stop(host).catch(() => {});
  }

  /** Has another page use this host; `post` hands it a message. */
  share(post: (message: FromHost) => void): Hosting {
    const guest = new Hosting(post);
    [guest.#host, guest.#signing, guest.#isGuest, guest.names] = [this.#host, this.#signing, true, this.names];
    guest.onName = () => this.onName?.();
    guest.#onLeave = () => this.#guests.delete(guest);
    this.#guests.add(guest);
    return guest;
  }

  #onLeave = () => {};

  /** A page that shares the host is gone: what it put up goes, and the host stays. */
  async #leave(): Promise<void> {
    const host = this.#host;
    this.#onLeave();
    this.#host = undefined;
    this.#feeds?.end();
    await Promise.allSettled([...this.#provided].map((id) => host?.withdraw(id)));
  }

  #tell(news: Extract<FromHost, { news: string }>): void {
    this.#post(news);
    // Who shares a host that its page stops has another tab take over.
    if (news.news === "connection" && news.detail === "closed" && this.#isStopping) return;
    for (const guest of this.#guests) guest.#post(news);
  }

  async #provide(host: TabHost, description: Description, provider: number): Promise<string> {
    const { Asking } = await part(() => import("./asking.js"));
    this.#asking ??= new Asking(this.#post);
    const id = await provideOn(host, description, this.#asking.provider(provider));
    this.#provided.add(id);
    if (!this.names.includes(description.name)) {
      this.names.push(description.name);
      this.onName?.();
    }
    return id;
  }

  async #listening(): Promise<Feeds> {
    const { Feeds } = await part(() => import("./feed.js"));
    return (this.#feeds ??= new Feeds(this.#post));
  }

  async #answer({ method, args }: Request): Promise<unknown> {
    if (method === "start") return this.#start(args[0] as StartOptions);
    const [host, signing] = [this.#host, this.#signing];
    if (!host || !signing) throw new WisteriaError("not-started", "the host has not started; await Host.start first");
    if (method === "stop") return this.#isGuest ? this.#leave() : this.#stop(host);
    if (method === "provide") return this.#provide(host, args[0] as Description, args[1] as number);
    if (method === "sign") return (await signing()).sign(args[0] as Uint8Array, args[1] as SignClaims);
    if (method === "subscribe") return (await this.#listening()).subscribe(host, ...(args as Parameters<Methods["subscribe"]>));
    // Not before the subscription that is meant, whose code may be on its way.
    if (method === "unsubscribe") return (await this.#listening()).unsubscribe(args[0] as number);
    const call = host[method] as (...args: unknown[]) => ReturnType<Methods[typeof method]>;
    return call.apply(host, args);
  }

  async #start(options: StartOptions): Promise<Started> {
    try {
      return await this.#startIn(options.bridge === TABS ? this.#joinTabs(options.lattice) : undefined, options);
    } catch (thrown) {
      this.#tabs?.leave();
      throw thrown;
    }
  }

  async #joinTabs(lattice: string): Promise<TabLattice> {
    if (!this.#own.tabs) {
      throw new WisteriaError("unsupported", 'this build of the package brings no lattice for tabs; import it as "wisteria" in a page, or join a server: { bridge: "ws://127.0.0.1:7700/lattice" }');
    }
    const { TabLattice } = await part(this.#own.tabs);
    return (this.#tabs = await TabLattice.join(lattice));
  }

  async #startIn(joining: Promise<TabLattice> | undefined, { wasm, term, ...options }: StartOptions): Promise<Started> {
    const opening = openKeys();
    const loading = (wasm ? Promise.resolve(wasm) : (this.#own.wasm?.() ?? Promise.reject(notInitialised()))).then(loadCore);
    const [core, keys, tabs] = await Promise.all([loading, opening, joining]);
    const account = accountOf(core, keys);
    const tab = await providers.prepare(keys, options.lattice);
    this.names = options.providerNames ?? [...providers.FIRST_NAMES];
    const host = await core.TabHost.start({
      ...options,
      providerNames: this.names,
      // What is signed here runs here: whoever can have it signed runs scripts in this page's name.
      trustedIssuers: [...options.trustedIssuers, account.key],
      providerSeeds: tab.seeds,
      ...(tabs ? { openSocket: () => tabs.open() } : {}),
      ...(term ? { hostSeed: await seedOf(keys, `host of ${options.lattice}`) } : {}),
      onLog: (detail) => this.#tell({ news: "log", detail }),
      newStore: newMemoryStore,
      onConnection: (state) => this.#tell({ news: "connection", detail: state as "connected" }),
    });
    this.#host = host;
    this.#signing = async () => new (await part(() => import("./signing.js"))).Signing(core, keys, account);
    await tellEvents(host, options.lattice, (detail) => this.#tell({ news: "event", detail }));
    await providers.provideAll(host, tab);
    void globalThis.navigator?.locks?.request(`wisteria host ${host.hostId}`, () => new Promise<void>((done) => (this.#releaseLock = done)));
    const started = { hostId: host.hostId, engine: host.engine, account };
    if (term) (await part(() => import("./leader.js"))).lead(this, options.lattice, term, started);
    return started;
  }

  async #stop(host: TabHost): Promise<void> {
    this.#isStopping = true;
    await host.stop();
    this.#tabs?.leave();
    this.#releaseLock?.();
  }
}

/** Who signs in this browser. */
function accountOf(core: Core, { account, kept }: Keys): Account {
  return { key: "seed" in account ? core.keyOfSeed(false, account.seed) : core.accountKey(account.public), kept };
}
