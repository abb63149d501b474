// One host for all tabs of an origin: one of them, the leader, runs it, and the others use it. When that tab closes, another
// leads, and its host has the same key.

import { WisteriaError } from "./error.js";
import type { FromHost, Request, StartOptions, Started, ToHost } from "./protocol.js";
import type { WorkerLike } from "./remote.js";
import { Restored } from "./restored.js";
import { announcements, channelOf, hold, leadership, lockOfTab, lockOfTerm, type Announcement, type FromLeader, type Led, type Term } from "./sharing.js";

/** Requests of a tab that wait while nobody leads; more are refused. */
const WAITING = 256;

/** Where a shared host is, as the page drives it: in this tab, or in another. */
export class SharedHosting implements WorkerLike {
  onmessage: ((message: MessageEvent<FromHost>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly #lattice: string;
  readonly #open: () => Promise<WorkerLike>;
  readonly #freshToken: (() => string | Promise<string>) | undefined;
  readonly #tab: string = crypto.randomUUID();
  readonly #all: BroadcastChannel;
  readonly #own: BroadcastChannel;
  readonly #restored = new Restored((request) => this.#send?.(request));
  /** Settled when the page is done with it. */
  readonly #ended: Promise<void>;
  #end = () => {};
  #isOver = false;
  /** How the host is reached, where it is, and whether all that this tab put up is there. */
  #send: ((message: ToHost) => void) | undefined;
  #isReady = false;
  #worker: WorkerLike | undefined;
  #term: Term | undefined;
  #names: string[] | undefined;
  #start: { id: number; options: StartOptions } | undefined;
  #hasStarted = false;
  readonly #unanswered = new Map<number, Request>();
  readonly #waiting: Request[] = [];
  /** Questions of the present host, by numbers that no other host has used. */
  readonly #asks = new Map<number, number>();
  #nextAsk = 1;

  /** `open` starts what a host lives in; `freshToken` gets what lets a host in that takes over. */
  constructor(lattice: string, open: () => Promise<WorkerLike>, freshToken?: () => string | Promise<string>) {
    if (!globalThis.navigator?.locks || !globalThis.BroadcastChannel) {
      throw new WisteriaError("unsupported", "tabs cannot share a host here: the page has no locks; serve it with TLS or from localhost");
    }
    this.#lattice = lattice;
    this.#open = open;
    this.#freshToken = freshToken;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#all = announcements(lattice);
    this.#own = channelOf(lattice, this.#tab);
  }

  postMessage(message: ToHost): void {
    if ("taken" in message) return this.#send?.(message);
    if ("ask" in message) {
      const ask = this.#asks.get(message.ask);
      this.#asks.delete(message.ask);
      // What another host asked is of no use to this one.
      if (ask !== undefined) this.#send?.({ ...message, ask });
      return;
    }
    if (message.method === "start") return this.#begin(message.id, message.args[0] as StartOptions);
    if (this.#isReady) return this.#request(message);
    if (this.#waiting.length >= WAITING) return this.#refuse(message.id, new WisteriaError("overloaded", "no tab leads yet, and too much waits for one; ask again later"));
    this.#waiting.push(message);
  }

  /** This tab uses the host no longer; where it leads, another takes over. */
  terminate(): void {
    if (!this.#worker) this.#own.postMessage({ leaves: true });
    this.#worker?.terminate();
    this.#isOver = true;
    this.#isReady = false;
    this.#all.close();
    this.#own.close();
    this.#end();
  }

  #begin(id: number, options: StartOptions): void {
    this.#start = { id, options };
    this.#all.onmessage = ({ data }: MessageEvent<Announcement>) => {
      if ("names" in data) this.#names = data.names;
      if ("leads" in data && !this.#worker) this.#all.postMessage({ seeks: this.#tab });
    };
    this.#own.onmessage = ({ data }: MessageEvent<FromLeader>) => {
      if ("led" in data) this.#follow(data.led);
      else this.#hear(data);
    };
    const failed = (thrown: unknown) => this.#fail(WisteriaError.from(thrown));
    hold(lockOfTab(this.#lattice, this.#tab), this.#ended).then(() => this.#all.postMessage({ seeks: this.#tab })).catch(failed);
    navigator.locks
      .request(leadership(this.#lattice), async () => {
        if (this.#isOver) return;
        await this.#lead(options);
        await this.#ended;
      })
      .catch(failed);
  }

  async #lead(options: StartOptions): Promise<void> {
    const term = crypto.randomUUID();
    await hold(lockOfTerm(this.#lattice, term), this.#ended);
    if (this.#term !== undefined) this.#lose(this.#term);
    const worker = (this.#worker = await this.#open());
    worker.onerror = (event) => this.onerror?.(event);
    worker.onmessage = ({ data }) => this.#hear(data);
    const token = this.#hasStarted && this.#freshToken ? await this.#freshToken() : options.token;
    this.#send = (message) => worker.postMessage(message);
    const started = await this.#restored.ask("start", [{ ...options, ...(token ? { token } : {}), term, ...(this.#names ? { providerNames: this.#names } : {}) }]);
    this.#term = term;
    await this.#arrive(started as Started, "leads");
  }

  #follow({ term, started, names }: Led): void {
    if (this.#worker || this.#term === term) return;
    if (this.#term !== undefined) this.#lose(this.#term);
    this.#term = term;
    this.#names = names;
    this.#send = (message) => this.#own.postMessage(message);
    void navigator.locks.request(lockOfTerm(this.#lattice, term), { mode: "shared" }, () => this.#lose(term));
    void this.#arrive(started, "follows").catch((thrown: unknown) => this.#fail(WisteriaError.from(thrown)));
  }

  /** A host is reached: the first one, or one that took over. */
  async #arrive(started: Started, state: "leads" | "follows"): Promise<void> {
    const first = !this.#hasStarted;
    this.#hasStarted = true;
    if (first && this.#start) this.#tell({ id: this.#start.id, value: started });
    else await this.#restored.restore();
    this.#tell({ news: "shared", detail: { state, host: started.hostId } });
    this.#isReady = true;
    for (const request of this.#waiting.splice(0)) this.#request(request);
  }

  /** The tab that led is gone. */
  #lose(term: Term): void {
    if (this.#term !== term || this.#worker || this.#isOver) return;
    this.#term = undefined;
    this.#send = undefined;
    this.#isReady = false;
    this.#asks.clear();
    const lost = new WisteriaError("host-lost", "the tab that ran the shared host is gone; it may have been carried out: ask again, another tab takes over");
    this.#restored.fail(lost);
    for (const id of [...this.#unanswered.keys()]) this.#refuse(id, lost);
    this.#tell({ news: "shared", detail: { state: "lost" } });
  }

  #request(request: Request): void {
    this.#unanswered.set(request.id, request);
    this.#restored.sent(request);
    try {
      this.#send?.(request);
    } catch (thrown) {
      this.#unanswered.delete(request.id);
      throw thrown;
    }
  }

  #hear(message: FromHost): void {
    if ("ask" in message) {
      const ask = this.#nextAsk++;
      this.#asks.set(ask, message.ask);
      return this.#tell({ ...message, ask });
    }
    if (!("id" in message)) return this.#tell(message);
    if (this.#restored.settle(message)) return;
    const request = this.#unanswered.get(message.id);
    // An answer of a host that was lost.
    if (!request) return;
    this.#unanswered.delete(message.id);
    if ("value" in message) this.#restored.done(request, message.value);
    this.#tell(message);
  }

  #refuse(id: number, { code, message }: WisteriaError): void {
    this.#unanswered.delete(id);
    this.#tell({ id, error: { code, message } });
  }

  /** It cannot go on: who waits hears why. */
  #fail(error: WisteriaError): void {
    if (this.#hasStarted) this.onerror?.({ message: error.message } as ErrorEvent);
    else if (this.#start) this.#refuse(this.#start.id, error);
  }

  #tell(data: FromHost): void {
    this.onmessage?.({ data } as MessageEvent<FromHost>);
  }
}
