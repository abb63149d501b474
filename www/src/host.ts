// A host in this page: starts actors, links and calls them, and sees the lattice it is part of.

import { Actors } from "./actors.js";
import { Bus, type BusMessage, type PublishOptions, type SayOptions, type SubscribeOptions } from "./bus.js";
import type { ArgumentOf, ReplyOf } from "./contracts.js";
import type { Commands } from "./commands.js";
import { WisteriaError } from "./error.js";
import { HostEvents } from "./events.js";
import { Faults } from "./faults.js";
import { init, initialised } from "./init.js";
import { Lattice } from "./lattice.js";
import { Links } from "./links.js";
import type { ModuleSource } from "./module.js";
import { loadPayload } from "./messagepack.js";
import { part } from "./part.js";
import type { Started } from "./protocol.js";
import type { Handlers, ProvideOptions } from "./provide.js";
import type { Provider } from "./provider.js";
import type { ServeOptions } from "./serve.js";
import type { MountOptions } from "./ui.js";
import { RemoteHost, type WorkerLike } from "./remote.js";
import { Providers } from "./running-providers.js";
import { openHosting } from "./surroundings.js";
import type { BusSubscription } from "./subscription.js";
import type { TokenSource } from "./token.js";
import type { Account, ActorLimits, Policy, SignClaims } from "./types.js";
import { millisecondsOf, within, type Waiting } from "./waiting.js";

/** How a host starts. */
export interface HostOptions {
  /**
   * The lattice's address; by default that of the server the page came from. With `tab:` there is no server: the tabs of this
   * origin that start hosts so are the lattice, for as long as one of them is open; links are kept by the browser.
   */
  bridge?: string | URL;
  /**
   * What lets the host in where the lattice asks for it: a join token, as `wisteria token mint` prints it, or what gets
   * one. A token belongs to the first host that uses it, so a page that is loaded again needs another one; what gets one is
   * asked at the start, before a token expires, and whenever the connection is lost.
   */
  token?: TokenSource;
  /** The lattice's name. */
  lattice?: string;
  /** Labels beside `kind=browser`. */
  labels?: Record<string, string>;
  /** Whether modules without claims may run. */
  allowUnsigned?: boolean;
  /** The accounts (`A…`) whose signed modules may run, beside the one that signs in this browser; none by default. */
  trustedIssuers?: string[];
  /**
   * Whether all tabs of the origin that join this lattice have one host in common: the first of them runs it by its options, and
   * when that tab closes, another does. What happens is told as the event `shared`.
   */
  shared?: boolean;
  /** Who may do what in this host; everything that could be done by default. */
  policy?: Policy;
  /**
   * Instances alive at once (at most 96); calls that may wait per actor and fuel per call, where an actor has no limits of
   * its own; and what such limits may be at most.
   */
  limits?: { instances?: number; mailbox?: number; fuel?: number; most?: ActorLimits };
  /** Whether the host gets a worker of its own, as by default; else it lives on the thread that starts it. */
  worker?: boolean;
}

/** How a call is made. Its deadline is in milliseconds, 2000 by default. */
export interface CallOptions extends Waiting {
  /** Bytes in and out instead of values. */
  raw?: boolean;
}

/** A host on a lattice. */
export class Host implements AsyncDisposable {
  /** The host's key, `N…`. */
  readonly id: string;
  /** What runs its modules: `jspi`, or `wasmi` where the browser's WebAssembly cannot suspend. */
  readonly engine: string;
  /** Who signs modules here. This host runs what it signed; others do if they are told to, `wisteria up --trust A…`. */
  readonly account: Account;
  /** What happens on the lattice and in this host. */
  readonly events: HostEvents;
  /** Its actors, and those of other hosts. */
  readonly actors: Actors;
  /** The lattice's links. */
  readonly links: Links;
  /** Providers of any host, as they are started and stopped. */
  readonly providers: Providers;
  /** What the lattice consists of. */
  readonly lattice: Lattice;
  /** Faults to bring about, to see what the lattice does about them. */
  readonly faults: Faults;
  readonly #remote: RemoteHost;
  readonly #bus: Bus;

  private constructor(remote: RemoteHost, events: HostEvents, { hostId, engine, account }: Started, lattice: string) {
    const bus = new Bus(remote);
    let commands: Commands | undefined;
    const commanding = async () => (commands ??= new (await part(() => import("./commands.js"))).Commands(remote, bus, lattice, hostId));
    this.#remote = remote;
    this.#bus = bus;
    this.events = events;
    this.id = hostId;
    this.engine = engine;
    this.account = account;
    this.lattice = new Lattice(lattice, commanding);
    this.actors = new Actors(commanding);
    this.links = new Links(commanding);
    this.providers = new Providers(commanding);
    this.faults = new Faults(commanding);
    // Nobody needs them to start a host, and most do soon after.
    void Promise.allSettled([loadPayload(), commanding()]);
  }

  /**
   * Joins a lattice as a host, in a worker of its own. Gets the package's WebAssembly by itself, unless {@link init} has
   * done so. Rejects where the lattice cannot be reached.
   */
  static async start(options: HostOptions = {}): Promise<Host> {
    const loading = init();
    const open = () => openHosting(options.worker ?? true);
    const worker = options.shared ? await sharedHosting(options, open) : await open();
    return Host.#join(worker, loading.then(initialised), options);
  }

  /** The same in a worker that the caller made from `wisteria/worker`, which gets the WebAssembly by itself where {@link init} was not called. */
  static startIn(worker: WorkerLike, options: HostOptions = {}): Promise<Host> {
    return Host.#join(worker, initialised(), options);
  }

  static async #join(worker: WorkerLike, loading: Promise<WebAssembly.Module | undefined> | undefined, options: HostOptions): Promise<Host> {
    const { token: source, lattice = "default" } = options;
    let host: Host;
    // Nobody has the events before the host is there.
    const events = new HostEvents(async () => {
      const { followPresence } = await part(() => import("./presence.js"));
      await followPresence(events, host.#bus, host.lattice, host.id);
    });
    // Listens from now on: a worker whose script is missing says so once.
    const remote = new RemoteHost(worker, ({ news, detail }) => {
      events.dispatchEvent(new CustomEvent(news, { detail }));
      // The host has left the lattice, by itself where another host or a client asked it to.
      if (news === "connection" && detail === "closed") remote.fail(stopped());
    });
    try {
      const renewing = typeof source === "function" ? await part(() => import("./token.js")) : undefined;
      const [token, wasm] = await Promise.all([typeof source === "function" ? renewing?.firstToken(source, worker) : source, loading]);
      const started = await remote.ask("start", {
        ...(wasm ? { wasm } : {}),
        bridge: String(options.bridge ?? defaultBridge()),
        ...(token ? { token } : {}),
        lattice,
        labels: options.labels ?? {},
        allowUnsigned: options.allowUnsigned ?? false,
        trustedIssuers: options.trustedIssuers ?? [],
        limits: options.limits ?? {},
        ...(options.policy ? { policy: options.policy } : {}),
      });
      if (typeof source === "function") renewing?.keepRenewed(source, token ?? "", remote, events);
      host = new Host(remote, events, started, lattice);
      return host;
    } catch (thrown) {
      const error = WisteriaError.from(thrown);
      remote.fail(error);
      throw error;
    }
  }

  /**
   * Calls an actor by its key or call alias, wherever it runs. The argument is a value, encoded as MessagePack, and so
   * is what comes back, with the types of operations that are known; with `raw` both are bytes.
   */
  async call(target: string, operation: string, payload: Uint8Array, options: CallOptions & { raw: true }): Promise<Uint8Array>;
  async call<const O extends string>(
    target: string,
    operation: O,
    payload?: ArgumentOf<O>,
    options?: CallOptions & { raw?: false },
  ): Promise<ReplyOf<O>>;
  async call(target: string, operation: string, payload?: unknown, options: CallOptions = {}): Promise<unknown> {
    const { deadline, raw = false, signal } = options;
    const millis = millisecondsOf(deadline, 0);
    const messagePack = raw ? undefined : await loadPayload();
    const bytes = messagePack ? messagePack.toPayload(payload) : (payload as Uint8Array);
    const call = () => this.#remote.ask("call", target, operation, bytes, millis);
    const reply = signal ? await within(`the call of ${operation}`, { signal }, call) : await call();
    return messagePack ? messagePack.fromPayload(reply) : reply;
  }

  /**
   * Publishes a value on the lattice's bus, or bytes with `raw`. Resolves once the broker has handled it; rejects as
   * `not-permitted` where it lets this host publish no such thing, and as `payload-too-large` above its limit.
   */
  publish(subject: string, payload?: unknown, options: PublishOptions = {}): Promise<void> {
    return this.#bus.publish(subject, payload, options);
  }

  /**
   * Publishes a question and resolves with the first answer. Rejects as `no-responders` at once where nobody listens, and
   * as `timeout` after the deadline, 2000 ms by default.
   */
  request(subject: string, payload?: unknown, options: SayOptions = {}): Promise<BusMessage> {
    return this.#bus.request(subject, payload, options);
  }

  /**
   * Listens to a subject, or to a pattern, where `*` stands for one token and a last `>` for one or more:
   * `for await (const message of host.subscribe("orders.>"))`. What is published from when `ready` resolves is heard.
   */
  subscribe(subject: string, options: SubscribeOptions = {}): BusSubscription {
    return this.#bus.subscribe(subject, options);
  }

  /**
   * Signs a module with this browser's account, `host.account`, and returns the signed one; claims that it has are replaced.
   * Claims that are unknown or make no sense are refused as `bad-request`.
   */
  async sign(module: ModuleSource, claims: SignClaims): Promise<Uint8Array> {
    const { readModule } = await part(() => import("./module.js"));
    return this.#remote.ask("sign", await readModule(module), claims);
  }

  /**
   * Has this page provide a contract to actors: handlers by operation, `"KeyValue.Get": async (key, call) => …`. Resolves
   * with the provider, which runs from then on; actors are linked to it like to any other.
   */
  async provide<const C extends string>(contract: C, handlers: Handlers<C>, options: ProvideOptions = {}): Promise<Provider> {
    const { Provider } = await part(() => import("./provider.js"));
    return Provider.start(this.#remote, contract, handlers, options);
  }

  /**
   * Has an element of this page show what actors show by the contract `wisteria:ui`: texts, canvases and inputs, each actor's
   * in a section of its own. Resolves with the provider to link them to.
   */
  async showActors(element: HTMLElement, options: MountOptions = {}): Promise<Provider> {
    const { mount } = await part(() => import("./ui.js"));
    return mount(this, element, options);
  }

  /**
   * Has `fetch("/actors/NAME/…")` of this origin's pages reach actors, by a service worker, whether or not there is a server.
   * Resolves with the provider to link them to, with the value `NAME`.
   */
  async serveActors(options: ServeOptions = {}): Promise<Provider> {
    const { serve } = await part(() => import("./serve.js"));
    return serve(this, options);
  }

  /** Leaves the lattice. Whatever is still open fails as `stopped`. */
  async stop(): Promise<void> {
    try {
      await this.#remote.ask("stop");
    } catch (thrown) {
      // Its connection may be reported closed before it answers.
      const error = WisteriaError.from(thrown);
      if (error.code !== "stopped") throw error;
    } finally {
      this.#remote.fail(stopped());
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Not all pages share a host. */
async function sharedHosting({ lattice = "default", token }: HostOptions, open: () => Promise<WorkerLike>): Promise<WorkerLike> {
  const { SharedHosting } = await part(() => import("./shared.js"));
  return new SharedHosting(lattice, open, typeof token === "function" ? token : undefined);
}

function stopped(): WisteriaError {
  return new WisteriaError("stopped", "the host was stopped; start another");
}

function defaultBridge(): URL {
  const page = globalThis.location?.origin;
  if (!page?.startsWith("http")) {
    throw new WisteriaError("bad-request", 'there is no page whose server could be joined; say which to join: { bridge: "ws://127.0.0.1:7700/lattice" }');
  }
  const bridge = new URL("/lattice", page);
  bridge.protocol = bridge.protocol === "https:" ? "wss:" : "ws:";
  return bridge;
}
