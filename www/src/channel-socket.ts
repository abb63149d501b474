// A connection between threads that is used as a WebSocket by the WebAssembly at both of its ends.

/** What carries it: a port, or a channel on which nobody else speaks. */
type Channel = Pick<BroadcastChannel | MessagePort, "onmessage" | "postMessage" | "close">;

/** What one end says to the other. */
export type SocketMessage =
  /** The other end is there, for this term. */
  | { opens: string }
  | { bytes: Uint8Array }
  /** So many bytes have arrived since the last time. */
  | { taken: number }
  | { closes: true };

/** The states of a WebSocket. */
const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** How many bytes arrive before the other end is told. What it has on its way meanwhile counts as buffered there. */
const TOLD_EVERY = 256 << 10;

/** One end. It has those parts of a WebSocket that are used. */
export class ChannelSocket {
  onopen: ((event: object) => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  binaryType = "arraybuffer";
  readyState: number = CONNECTING;
  bufferedAmount = 0;
  readonly #channel: Channel;
  readonly #ended: () => void;
  #untold = 0;

  /** `opens` is called with the term when the other end is there, `ended` once when either end has closed. */
  constructor(channel: Channel, { opens, ended }: { opens?: (term: string) => void; ended: () => void }) {
    this.#channel = channel;
    this.#ended = ended;
    channel.onmessage = ({ data }: MessageEvent<SocketMessage>) => {
      if ("bytes" in data) this.#arrive(data.bytes);
      else if ("taken" in data) this.bufferedAmount -= data.taken;
      else if ("opens" in data) opens?.(data.opens);
      else this.lose();
    };
  }

  /** Whether the other end is not there yet. */
  get isConnecting(): boolean {
    return this.readyState === CONNECTING;
  }

  /** Both ends are there. */
  open(): void {
    if (!this.isConnecting) return;
    this.readyState = OPEN;
    this.onopen?.({});
  }

  /** Sends a copy of the bytes: the memory that they lie in is used for something else soon. */
  send(bytes: Uint8Array): void {
    if (this.readyState !== OPEN) return;
    this.bufferedAmount += bytes.byteLength;
    this.#channel.postMessage({ bytes: bytes.slice() } satisfies SocketMessage);
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.#channel.postMessage({ closes: true } satisfies SocketMessage);
    this.#end();
  }

  /** The other end is gone. */
  lose(): void {
    if (this.readyState === CLOSED) return;
    this.#end();
    this.onclose?.({});
  }

  #arrive(bytes: Uint8Array): void {
    if (this.readyState !== OPEN) return;
    this.#untold += bytes.byteLength;
    if (this.#untold >= TOLD_EVERY) {
      this.#channel.postMessage({ taken: this.#untold } satisfies SocketMessage);
      this.#untold = 0;
    }
    this.onmessage?.({ data: bytes.buffer as ArrayBuffer });
  }

  #end(): void {
    this.readyState = CLOSED;
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#ended();
  }
}
