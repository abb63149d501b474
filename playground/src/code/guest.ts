// Runs a module for its unit tests: the host's side of waPC, whose calls are answered at once.

/** What the module asks for. Throws what the module is to read as an error. */
export type HostCall = (binding: string, namespace: string, operation: string, payload: Uint8Array) => Uint8Array;

/** An instance of a module. After a trap it is of no use any more. */
export class Guest {
  readonly #memory: WebAssembly.Memory;
  readonly #guestCall: (operationLength: number, argumentLength: number) => number;
  #operation: Uint8Array = new Uint8Array();
  #argument: Uint8Array = new Uint8Array();
  #reply: Uint8Array = new Uint8Array();
  #error = "";
  #hostReply: Uint8Array = new Uint8Array();
  #hostError: Uint8Array = new Uint8Array();

  /** Starts an instance, synchronously; for workers. `log` gets what it writes. */
  constructor(module: WebAssembly.Module, hostCall: HostCall, log: (text: string) => void) {
    const wapc = {
      __guest_request: (operation: number, argument: number) => {
        this.#write(operation, this.#operation);
        this.#write(argument, this.#argument);
      },
      __guest_response: (start: number, length: number) => void (this.#reply = this.#read(start, length)),
      __guest_error: (start: number, length: number) => void (this.#error = this.#text(start, length)),
      __host_call: (...places: [number, number, number, number, number, number, number, number]) => {
        const [binding, bindingLength, namespace, namespaceLength, operation, operationLength, ...payload] = places;
        try {
          this.#hostReply = hostCall(
            this.#text(binding, bindingLength),
            this.#text(namespace, namespaceLength),
            this.#text(operation, operationLength),
            this.#read(...payload),
          );
          return 1;
        } catch (thrown) {
          this.#hostError = new TextEncoder().encode(messageOf(thrown));
          return 0;
        }
      },
      __host_response_len: () => this.#hostReply.length,
      __host_response: (start: number) => this.#write(start, this.#hostReply),
      __host_error_len: () => this.#hostError.length,
      __host_error: (start: number) => this.#write(start, this.#hostError),
      __console_log: (start: number, length: number) => log(this.#text(start, length)),
    };
    const { exports } = new WebAssembly.Instance(module, { wapc });
    const { memory, __guest_call: guestCall } = exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof guestCall !== "function") {
      throw new Error("the module exports no memory and __guest_call; an actor exports both");
    }
    this.#memory = memory;
    this.#guestCall = guestCall as (operationLength: number, argumentLength: number) => number;
    for (const start of ["_start", "wapc_init"]) if (typeof exports[start] === "function") exports[start]();
  }

  /** Calls it. Throws what it fails with, or the trap. */
  call(operation: string, argument: Uint8Array): Uint8Array {
    this.#operation = new TextEncoder().encode(operation);
    this.#argument = argument;
    [this.#reply, this.#error] = [new Uint8Array(), ""];
    if (this.#guestCall(this.#operation.length, argument.length) === 0) {
      throw new Error(this.#error || "it gave no reason");
    }
    return this.#reply;
  }

  /** Why it trapped, where it said so itself. */
  get lastWords(): string {
    return this.#error;
  }

  #write(start: number, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer).set(bytes, start >>> 0);
  }

  /** A copy: what lies there is overwritten soon. */
  #read(start: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start >>> 0, length >>> 0).slice();
  }

  #text(start: number, length: number): string {
    return new TextDecoder().decode(this.#read(start, length));
  }
}

/** What was thrown, in words. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
