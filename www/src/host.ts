// A host in this page: starts actors, links and calls them, and sees the lattice it is part of.

import { WisteriaError } from "./error.js";
import { HostEvents } from "./events.js";
import { init, initialised } from "./init.js";
import type { Started } from "./protocol.js";
import type { Handlers, ProvideOptions } from "./provide.js";
import type { Provider } from "./provider.js";
import type { ServeOptions } from "./serve.js";
import type { MountOptions } from "./ui.js";
import { RemoteHost, type WorkerLike } from "./remote.js";
import { open, openHosting } from "./surroundings.js";
import { firstToken, keepRenewed, type TokenSource } from "./token.js";
import type {
  Account,
  ActorLimits,
  ClaimsSummary,
  HostSummary,
  Inventory,
  Link,
  LinkStatus,
  Policy,
  SignClaims,
} from "./types.js";

/** How a host starts. */
export interface HostOptions {
  /** The lattice's address; by default that of the server the page came from. */
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

/** How a call is made. */
export interface CallOptions {
  /** Milliseconds until it fails as `timeout`; 2000 by default. */
  deadline?: number;
  /** Bytes in and out instead of values. */
  raw?: boolean;
  /** Gives the call up; it may run all the same. */
  signal?: AbortSignal;
}

/** Where an actor runs. */
export interface OnHost {
  /** The host's key; this page's host by default. */
  host?: string;
}

/** How an actor is bounded; by its host's defaults where nothing is said. */
export interface Bounds {
  /** Calls it handles at once. */
  maxInstances?: number;
  /** What each may use. More than the host gives is refused as `limit-refused`. */
  limits?: ActorLimits;
}

/** The bytes of a module, or where they are. */
export type ModuleSource = Uint8Array | ArrayBuffer | Blob | Response | URL | string;

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
  /** What the lattice consists of. */
  readonly lattice: Lattice;
  readonly #remote: RemoteHost;

  private constructor(remote: RemoteHost, events: HostEvents, { hostId, engine, account }: Started) {
    this.#remote = remote;
    this.events = events;
    this.id = hostId;
    this.engine = engine;
    this.account = account;
    this.actors = new Actors(remote, hostId);
    this.links = new Links(remote);
    this.lattice = new Lattice(remote);
  }

  /**
   * Joins a lattice as a host, in a worker of its own. Gets the package's WebAssembly by itself, unless {@link init} has
   * done so. Rejects where the lattice cannot be reached.
   */
  static async start(options: HostOptions = {}): Promise<Host> {
    const loading = init();
    const worker = await openHosting(options.worker ?? true);
    await loading.catch((thrown: unknown) => {
      worker.terminate();
      throw thrown;
    });
    return Host.startIn(worker, options);
  }

  /** The same in a worker that the caller made from `wisteria/worker`, which gets the WebAssembly by itself where {@link init} was not called. */
  static async startIn(worker: WorkerLike, options: HostOptions = {}): Promise<Host> {
    const { token: source } = options;
    const [token, wasm] = await Promise.all([typeof source === "function" ? firstToken(source, worker) : source, initialised()]);
    const events = new HostEvents();
    const remote = new RemoteHost(worker, ({ news, detail }) => {
      events.dispatchEvent(new CustomEvent(news, { detail }));
      // The host has left the lattice, by itself where another host or a client asked it to.
      if (news === "connection" && detail === "closed") remote.fail(stopped());
    });
    try {
      const started = await remote.ask("start", {
        ...(wasm ? { wasm } : {}),
        bridge: String(options.bridge ?? defaultBridge()),
        ...(token ? { token } : {}),
        lattice: options.lattice ?? "default",
        labels: options.labels ?? {},
        allowUnsigned: options.allowUnsigned ?? false,
        trustedIssuers: options.trustedIssuers ?? [],
        limits: options.limits ?? {},
        ...(options.policy ? { policy: options.policy } : {}),
      });
      // No host needs it to start, and most do soon after.
      void loadPayload().catch(() => {});
      if (typeof source === "function") keepRenewed(source, token ?? "", remote, events);
      return new Host(remote, events, started);
    } catch (thrown) {
      const error = WisteriaError.from(thrown);
      remote.fail(error);
      throw error;
    }
  }

  /**
   * Calls an actor by its key or call alias, wherever it runs. The argument is a value, encoded as MessagePack, and so
   * is what comes back; with `raw` both are bytes.
   */
  async call(target: string, operation: string, payload: Uint8Array, options: CallOptions & { raw: true }): Promise<Uint8Array>;
  async call(target: string, operation: string, payload?: unknown, options?: CallOptions): Promise<unknown>;
  async call(target: string, operation: string, payload?: unknown, options: CallOptions = {}): Promise<unknown> {
    const { deadline = 0, raw = false, signal } = options;
    const messagePack = raw ? undefined : await loadPayload();
    const bytes = messagePack ? messagePack.toPayload(payload) : (payload as Uint8Array);
    const reply = await unlessAborted(this.#remote.ask("call", target, operation, bytes, deadline), signal);
    return messagePack ? messagePack.fromPayload(reply) : reply;
  }

  /**
   * Signs a module with this browser's account, `host.account`, and returns the signed one; claims that it has are replaced.
   * Claims that are unknown or make no sense are refused as `bad-request`.
   */
  async sign(module: ModuleSource, claims: SignClaims): Promise<Uint8Array> {
    return this.#remote.ask("sign", await readModule(module), claims);
  }

  /**
   * Has this page provide a contract to actors: handlers by operation, `"KeyValue.Get": async (key, call) => …`. Resolves
   * with the provider, which runs from then on; actors are linked to it like to any other.
   */
  async provide<const C extends string>(contract: C, handlers: Handlers<C>, options: ProvideOptions = {}): Promise<Provider> {
    const { Provider } = await import("./provider.js");
    return Provider.start(this.#remote, contract, handlers, options);
  }

  /**
   * Has an element of this page show what actors show by the contract `wisteria:ui`: texts, canvases and inputs, each actor's
   * in a section of its own. Resolves with the provider to link them to.
   */
  async showActors(element: HTMLElement, options: MountOptions = {}): Promise<Provider> {
    const { mount } = await import("./ui.js");
    return mount(this, element, options);
  }

  /**
   * Has `fetch("/actors/NAME/…")` of this origin's pages reach actors, by a service worker, whether or not there is a server.
   * Resolves with the provider to link them to, with the value `NAME`.
   */
  async serveActors(options: ServeOptions = {}): Promise<Provider> {
    const { serve } = await import("./serve.js");
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

/** Actors of any host. */
export class Actors {
  readonly #remote: RemoteHost;
  readonly #own: string;

  constructor(remote: RemoteHost, own: string) {
    this.#remote = remote;
    this.#own = own;
  }

  /**
   * Starts an actor and returns its key, `M…`. `maxInstances` bounds the calls it handles at once, `limits` what each may
   * use. One that runs already goes on within the new bounds.
   */
  async start(module: ModuleSource, options: OnHost & Bounds = {}): Promise<string> {
    const bytes = await readModule(module);
    return this.#remote.ask("startActor", options.host ?? this.#own, bytes, options.maxInstances ?? 0, options.limits);
  }

  /** Stops an actor. */
  async stop(actor: string, options: OnHost = {}): Promise<void> {
    await this.#remote.ask("stopActor", options.host ?? this.#own, actor);
  }

  /** Changes how many calls an actor handles at once, and its limits where any are given. */
  async scale(actor: string, maxInstances: number, options: OnHost & { limits?: ActorLimits } = {}): Promise<void> {
    await this.#remote.ask("scaleActor", options.host ?? this.#own, actor, maxInstances, options.limits);
  }
}

/** A link to put; the link name is `default` where none is given. */
export type PutLink = Pick<Link, "actor_id" | "provider_id" | "contract_id"> &
  Partial<Pick<Link, "link_name" | "values">>;

/** The links of the lattice. */
export class Links {
  readonly #remote: RemoteHost;

  constructor(remote: RemoteHost) {
    this.#remote = remote;
  }

  /**
   * Puts a link; resolves once the provider has accepted it, rejects with its reason. Where the provider runs on no
   * host yet, the link is pending until it does.
   */
  put(link: PutLink): Promise<LinkStatus> {
    return this.#remote.ask("putLink", { link_name: "default", values: {}, ...link });
  }

  /** Deletes a link. */
  async delete(actor: string, contract: string, linkName = "default"): Promise<void> {
    await this.#remote.ask("deleteLink", actor, contract, linkName);
  }
}

/** What the lattice consists of. */
export class Lattice {
  readonly #remote: RemoteHost;

  constructor(remote: RemoteHost) {
    this.#remote = remote;
  }

  /** All hosts that answer, and those that were lost less than a minute ago, as suspended. */
  hosts(): Promise<HostSummary[]> {
    return this.#remote.ask("hosts");
  }

  /** What runs on a host. */
  inventory(host: string): Promise<Inventory> {
    return this.#remote.ask("inventory", host);
  }

  /** All links. */
  links(): Promise<Link[]> {
    return this.#remote.ask("links");
  }

  /** The claims of all actors that were started. */
  claims(): Promise<ClaimsSummary[]> {
    return this.#remote.ask("claims");
  }
}

/** MessagePack, as arguments and replies are encoded. */
const loadPayload = () => import("./payload.js");

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

async function readModule(source: ModuleSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const response = source instanceof Response ? source : await open(source);
  if (!response.ok) {
    throw new WisteriaError("module-not-found", `${response.url} answers ${response.status}; check the module's address`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new WisteriaError("aborted", "the call was given up", { cause: signal.reason }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
