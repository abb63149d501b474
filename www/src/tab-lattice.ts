// The lattice of an origin's tabs, without a server: one of them, the elected one, runs its broker in a worker, and all are
// connected to that. When the tab closes, another is elected, and the connections are made again.

import { ChannelSocket } from "./channel-socket.js";
import { WisteriaError } from "./error.js";
import { hold } from "./sharing.js";
import {
  announcementsOfTabs,
  brokerage,
  channelOfConnection,
  lockOfBroker,
  lockOfConnection,
  type Announcement,
  type FromBroker,
  type ToBroker,
} from "./tab-terms.js";
import { compileFile } from "./wasm.js";

/** How long a tab waits for the first word of a broker, in milliseconds. */
const PATIENCE = 20_000;
/** How long a tab whose broker failed leaves it to others, in milliseconds. */
const PAUSE = 2000;

/** A tab's place in such a lattice. */
export class TabLattice {
  readonly #lattice: string;
  readonly #all: BroadcastChannel;
  /** The broker that this tab runs. */
  #broker: Worker | undefined;
  readonly #sockets = new Set<ChannelSocket>();
  /** Connections that wait for a broker, and what has them look for one. */
  readonly #seeking = new Map<ChannelSocket, () => void>();
  readonly #ended: Promise<void>;
  #end = () => {};
  #isOver = false;
  #found: () => void = () => {};
  #failed: (thrown: unknown) => void = () => {};

  private constructor(lattice: string) {
    this.#lattice = lattice;
    this.#all = announcementsOfTabs(lattice);
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#all.onmessage = ({ data }: MessageEvent<Announcement>) => {
      if (!("serves" in data)) return;
      this.#found();
      for (const seek of this.#seeking.values()) seek();
    };
  }

  /** Joins; resolves once a broker serves, in this tab or in another. */
  static async join(lattice: string): Promise<TabLattice> {
    const { navigator, BroadcastChannel, Worker } = globalThis;
    if (!navigator?.locks || !BroadcastChannel || !Worker) {
      throw new WisteriaError(
        "unsupported",
        "tabs cannot be a lattice by themselves here: there are no locks or no workers; serve the page with TLS or from localhost, or join a server: { bridge: \"wss://HOST/lattice\" }",
      );
    }
    const tabs = new TabLattice(lattice);
    try {
      await tabs.#begin();
      return tabs;
    } catch (thrown) {
      tabs.leave();
      throw thrown;
    }
  }

  /** A connection to the broker, as a WebSocket that is not open yet. */
  open(): ChannelSocket {
    return this.#broker ? this.#connectHere(this.#broker) : this.#connectThere();
  }

  /** Leaves; where the broker is here, another tab takes over. */
  leave(): void {
    this.#isOver = true;
    for (const socket of [...this.#sockets]) socket.close();
    this.#broker?.terminate();
    this.#broker = undefined;
    this.#all.close();
    this.#end();
  }

  #begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#found = resolve;
      this.#failed = reject;
      const late = () => reject(new WisteriaError("unreachable", "the tab that runs the lattice of this origin does not answer; close that tab, or load it again"));
      const timer = setTimeout(late, PATIENCE);
      void this.#ended.then(() => clearTimeout(timer));
      void this.#stand().catch(reject);
      this.#all.postMessage({ asks: true } satisfies Announcement);
    });
  }

  /** Stands for election, again and again: a broker may fail. */
  async #stand(): Promise<void> {
    while (!this.#isOver) {
      const failure = await navigator.locks.request(brokerage(this.#lattice), () => (this.#isOver ? undefined : this.#serve()));
      if (failure) this.#failed(failure);
      if (!this.#isOver) await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, PAUSE))]);
    }
  }

  /** Runs the broker until this tab leaves, or it fails. */
  #serve(): Promise<WisteriaError | undefined> {
    const broker = new Worker(new URL("./broker-worker.js", import.meta.url), { type: "module", name: "wisteria broker" });
    const served = new Promise<WisteriaError | undefined>((resolve) => {
      broker.onmessage = ({ data }: MessageEvent<FromBroker>) => {
        if ("failed" in data) return resolve(new WisteriaError(data.failed.code, data.failed.message));
        this.#broker = broker;
        this.#found();
        for (const seek of this.#seeking.values()) seek();
      };
      broker.onerror = ({ message }) => {
        const cause = message ? `: ${message}` : "; its script could not be loaded";
        resolve(new WisteriaError("worker-failed", `the worker of the tabs' lattice failed${cause}; load the page again`));
      };
      void this.#ended.then(() => resolve(undefined));
      // Got while the worker starts.
      compileFile(new URL("./broker/broker_bg.wasm", import.meta.url), fetch)
        .then((wasm) => broker.postMessage({ lattice: this.#lattice, term: crypto.randomUUID(), wasm } satisfies ToBroker))
        .catch((thrown: unknown) => resolve(WisteriaError.from(thrown)));
    });
    return served.finally(() => {
      this.#broker = undefined;
      broker.terminate();
      for (const socket of [...this.#sockets]) if (!this.#seeking.has(socket)) socket.lose();
    });
  }

  #connectHere(broker: Worker): ChannelSocket {
    const { port1, port2 } = new MessageChannel();
    const socket: ChannelSocket = new ChannelSocket(port1, { opens: () => socket.open(), ended: () => this.#sockets.delete(socket) });
    this.#sockets.add(socket);
    broker.postMessage({ connects: port2 } satisfies ToBroker, [port2]);
    return socket;
  }

  #connectThere(): ChannelSocket {
    const connection = crypto.randomUUID();
    let hasEnded = () => {};
    const end = new Promise<void>((resolve) => (hasEnded = resolve));
    const socket: ChannelSocket = new ChannelSocket(channelOfConnection(this.#lattice, connection), {
      opens: (term) => {
        this.#seeking.delete(socket);
        // Granted when the broker is gone.
        void navigator.locks.request(lockOfBroker(this.#lattice, term), { mode: "shared" }, () => socket.lose()).catch(() => socket.lose());
        socket.open();
      },
      ended: () => {
        this.#seeking.delete(socket);
        this.#sockets.delete(socket);
        hasEnded();
      },
    });
    this.#sockets.add(socket);
    const seek = () => {
      if (!this.#isOver) this.#all.postMessage({ seeks: connection } satisfies Announcement);
    };
    hold(lockOfConnection(this.#lattice, connection), end)
      .then(() => {
        if (!socket.isConnecting) return;
        this.#seeking.set(socket, seek);
        seek();
      })
      .catch(() => socket.lose());
    return socket;
  }
}
