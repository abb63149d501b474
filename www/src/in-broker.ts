// The broker of tabs in its worker: reads what is kept, and lets the tabs in.

import type { TabBroker } from "./broker/broker.js";
import { openRecords } from "./broker-records.js";
import { ChannelSocket, type SocketMessage } from "./channel-socket.js";
import { WisteriaError } from "./error.js";
import { hold } from "./sharing.js";
import {
  announcementsOfTabs,
  channelOfConnection,
  lockOfBroker,
  lockOfConnection,
  onlyBroker,
  type Announcement,
  type FromBroker,
  type ToBroker,
} from "./tab-terms.js";

/** One broker, for as long as its worker lives. */
export class Serving {
  readonly #post: (message: FromBroker) => void;
  readonly #connections = new Set<string>();
  #broker: TabBroker | undefined;
  #lattice = "";
  #term = "";

  /** `post` hands a message to who started the worker. */
  constructor(post: (message: FromBroker) => void) {
    this.#post = post;
  }

  /** A message of who started the worker: first what to serve, then connections of its own. */
  async take(message: ToBroker): Promise<void> {
    if ("connects" in message) return void this.#admit(message.connects, () => {});
    try {
      await this.#begin(message);
      this.#post({ serves: true });
    } catch (thrown) {
      const { code, message: why } = WisteriaError.from(thrown);
      this.#post({ failed: { code, message: why } });
    }
  }

  async #begin({ lattice, term, wasm }: Extract<ToBroker, { term: string }>): Promise<void> {
    [this.#lattice, this.#term] = [lattice, term];
    const life = new Promise<never>(() => {});
    // One that was ended may still be at work for a moment: what it keeps is read when it is gone.
    const alone = hold(onlyBroker(lattice), life);
    const [core, records] = await Promise.all([
      import("./broker/broker.js"),
      alone.then(() => openRecords(lattice)),
      hold(lockOfBroker(lattice, term), life),
    ]);
    await core.default({ module_or_path: wasm });
    this.#broker = await core.TabBroker.start(lattice, () => records.load(), (changes) => records.write(changes));
    const all = announcementsOfTabs(lattice);
    const serves = () => all.postMessage({ serves: term } satisfies Announcement);
    all.onmessage = ({ data }: MessageEvent<Announcement>) => {
      if ("asks" in data) serves();
      if ("seeks" in data) this.#connect(data.seeks);
    };
    serves();
  }

  /** A tab may seek twice: when it came, and when it heard that a broker serves. */
  #connect(connection: string): void {
    if (this.#connections.has(connection)) return;
    this.#connections.add(connection);
    const socket = this.#admit(channelOfConnection(this.#lattice, connection), () => this.#connections.delete(connection));
    // Granted when the tab is gone.
    void navigator.locks.request(lockOfConnection(this.#lattice, connection), { mode: "shared" }, () => socket.lose());
  }

  #admit(channel: BroadcastChannel | MessagePort, ended: () => void): ChannelSocket {
    const socket = new ChannelSocket(channel, { ended });
    // It speaks first, and is heard by then.
    channel.postMessage({ opens: this.#term } satisfies SocketMessage);
    socket.open();
    this.#broker?.serve(socket);
    return socket;
  }
}
