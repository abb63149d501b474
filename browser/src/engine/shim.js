// Runs one guest beside the core: answers its waPC imports, and copies between the two memories.

const utf8 = new TextEncoder();

export function isSupported() {
  return typeof WebAssembly.Suspending === "function" && typeof WebAssembly.promising === "function";
}

export function compile(bytes) {
  return WebAssembly.compile(bytes);
}

/** A guest that is being called; `__host_call` and `__console_log` reach the core through the given functions. */
export class Guest {
  /**
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Memory} core the core's own memory, where calls lie
   * @param {string[]} stubs WASI functions to supply, as `module name`
   * @param {number} enosys WASI's number for a missing function
   * @param {string} fuelName the export that holds the fuel
   * @param {(memory: Uint8Array, ranges: Uint32Array) => Promise<Uint8Array | string>} hostCall
   * @param {(text: Uint8Array) => void} log
   * @param {(returned: number, error: string | undefined) => void} settle ends a call
   */
  constructor(module, core, stubs, enosys, fuelName, hostCall, log, settle) {
    this.core = core;
    this.coreView = new Uint8Array(core.buffer);
    this.hostCall = hostCall;
    this.log = log;
    this.abandoned = false;
    this.reset();
    const instance = new WebAssembly.Instance(module, this.imports(stubs, enosys));
    const exports = instance.exports;
    this.memory = exports.memory;
    this.view = new Uint8Array(this.memory.buffer);
    this.fuel = exports[fuelName];
    this.enter = WebAssembly.promising(exports.__guest_call);
    this.starts = ["_start", "wapc_init"]
      .map((name) => exports[name])
      .filter((start) => typeof start === "function")
      .map((start) => WebAssembly.promising(start));
    this.returned = (returned) => settle(returned, undefined);
    this.trapped = (error) => settle(-1, String(error?.message ?? error));
  }

  /** Runs the guest's start functions, each with `fuel`. */
  async start(fuel) {
    for (const start of this.starts) {
      this.fuel.value = BigInt(fuel);
      await start();
    }
  }

  /** Begins a call whose operation and payload lie in the core's memory until it ends. */
  call(operation, operationLength, payload, payloadLength, fuel) {
    this.reset();
    this.called = true;
    this.operation = operation;
    this.operationLength = operationLength;
    this.payload = payload;
    this.payloadLength = payloadLength;
    this.fuel.value = BigInt(fuel);
    this.enter(operationLength, payloadLength).then(this.returned, this.trapped);
  }

  fuelLeft() {
    return Number(this.fuel.value);
  }

  /** The core no longer waits: whatever the guest still does traps at its next import. */
  abandon() {
    this.abandoned = true;
  }

  reset() {
    this.called = false;
    this.reply = undefined;
    this.error = undefined;
    this.hostReply = EMPTY;
    this.hostError = EMPTY;
  }

  imports(stubs, enosys) {
    const host = {
      __guest_request: (operation, payload) => {
        if (!this.called) return;
        this.write(operation >>> 0, this.fromCore(this.operation, this.operationLength));
        this.write(payload >>> 0, this.fromCore(this.payload, this.payloadLength));
      },
      __guest_response: (start, length) => {
        this.reply = this.read(start, length).slice();
      },
      __guest_error: (start, length) => {
        this.error = this.read(start, length).slice();
      },
      __host_call: new WebAssembly.Suspending((...ranges) => this.callHost(ranges)),
      __host_response_len: () => this.hostReply.length,
      __host_response: (start) => this.write(start >>> 0, this.hostReply),
      __host_error_len: () => this.hostError.length,
      __host_error: (start) => this.write(start >>> 0, this.hostError),
      __console_log: (start, length) => {
        const text = this.read(start, length);
        if (this.called) this.log(text);
      },
    };
    const imports = { wapc: host, wasmbus: host };
    for (const stub of stubs) {
      const [module, name] = stub.split(" ");
      imports[module] ??= {};
      imports[module][name] = () => {
        if (name === "proc_exit") throw new Error("the guest called proc_exit");
        return enosys;
      };
    }
    return imports;
  }

  async callHost(ranges) {
    for (let at = 0; at < ranges.length; at += 2) this.read(ranges[at], ranges[at + 1]);
    const answer = await this.hostCall(this.current(), Uint32Array.from(ranges));
    this.checkAlive();
    if (typeof answer === "string") {
      this.hostError = utf8.encode(answer);
      return 0;
    }
    this.hostReply = answer;
    return 1;
  }

  /** The guest's memory; its view dies when the memory grows. */
  current() {
    // The start function runs before the exports are known.
    if (this.memory === undefined) throw new Error("the guest used the host before it was ready");
    if (this.view.buffer !== this.memory.buffer) this.view = new Uint8Array(this.memory.buffer);
    return this.view;
  }

  fromCore(start, length) {
    if (this.coreView.buffer !== this.core.buffer) this.coreView = new Uint8Array(this.core.buffer);
    return this.coreView.subarray(start, start + length);
  }

  read(start, length) {
    this.checkAlive();
    const from = start >>> 0;
    const count = length >>> 0;
    const view = this.current();
    if (from + count > view.length) throw new RangeError(outOfBounds(from, count));
    return view.subarray(from, from + count);
  }

  write(start, bytes) {
    this.checkAlive();
    const view = this.current();
    if (start + bytes.length > view.length) throw new RangeError(outOfBounds(start, bytes.length));
    view.set(bytes, start);
  }

  checkAlive() {
    if (this.abandoned) throw new Error("the call was given up");
  }
}

const EMPTY = new Uint8Array(0);

function outOfBounds(start, length) {
  return `the guest named ${length} bytes at ${start}, outside of its memory`;
}
