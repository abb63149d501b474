// Runs one guest beside the core: answers its waPC imports, and copies between the two memories.

export function isSupported() {
  return typeof WebAssembly.Suspending === "function" && typeof WebAssembly.promising === "function" && canCompile();
}

/** Servers' surroundings of workers take the modules that they were deployed with, and no others. */
function canCompile() {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) !== undefined;
  } catch {
    return false;
  }
}

export function compile(bytes) {
  return WebAssembly.compile(bytes);
}

/** What the core makes room for, numbered as in `instance.rs`. */
const REPLY = 0;
const ERROR = 1;
const REQUEST = 2;

/** Fewer bytes are copied faster one by one than by views. */
const FEW = 64;

/** One guest. Bytes go straight between its memory and the core's. */
export class Guest {
  /**
   * @param {WebAssembly.Module} module
   * @param {WebAssembly.Memory} core the core's own memory, where calls lie
   * @param {string[]} stubs WASI functions to supply, as `module name`
   * @param {string[]} starts exports to call first
   * @param {boolean} onlyAnswers whether it calls nobody and logs nothing: it needs no stack of its own, as it never waits
   * @param {number} enosys WASI's number for a missing function
   * @param {string} fuelName the export that holds the fuel
   * @param {(what: number, length: number) => number} reserve makes room in the core's memory and tells where
   * @param {(binding: number, namespace: number, operation: number) => void} hostCall carries out the request whose
   *   parts have these lengths; ends, now or later, in `answered`
   * @param {(text: Uint8Array) => void} log
   * @param {(returned: number, fuelLeft: number) => void} settle ends a call; -1 for a trap
   */
  constructor(module, core, stubs, starts, onlyAnswers, enosys, fuelName, reserve, hostCall, log, settle) {
    this.core = core;
    this.coreView = new Uint8Array(core.buffer);
    this.reserve = reserve;
    this.hostCall = hostCall;
    this.log = log;
    this.abandoned = false;
    this.resume = undefined;
    this.trap = "";
    this.given = 0;
    this.givenFuel = 0n;
    this.reset();
    const instance = new WebAssembly.Instance(module, this.imports(stubs, enosys));
    const exports = instance.exports;
    this.memory = exports.memory;
    this.view = new Uint8Array(this.memory.buffer);
    this.fuel = exports[fuelName];
    this.onlyAnswers = onlyAnswers;
    this.enter = onlyAnswers ? exports.__guest_call : WebAssembly.promising(exports.__guest_call);
    this.starts = starts.map((name) => WebAssembly.promising(exports[name]));
    this.returned = (returned) => {
      if (!this.abandoned) settle(returned === 0 ? 0 : 1, this.fuelLeft());
    };
    this.trapped = (error) => {
      this.trap = String(error?.message ?? error);
      if (!this.abandoned) settle(-1, this.fuelLeft());
    };
  }

  /** Runs the guest's start functions, each with `fuel`. */
  async start(fuel) {
    for (const start of this.starts) {
      this.give(fuel);
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
    this.give(fuel);
    if (this.onlyAnswers) this.run(operationLength, payloadLength);
    else this.enter(operationLength, payloadLength).then(this.returned, this.trapped);
  }

  /** Runs to the end on the stack of whoever calls. */
  run(operationLength, payloadLength) {
    let returned;
    try {
      returned = this.enter(operationLength, payloadLength);
    } catch (error) {
      this.trapped(error);
      return;
    }
    this.said.forEach((bytes, what) => {
      const at = this.reserve(what, bytes.length);
      this.cores().set(bytes, at);
    });
    this.returned(returned);
  }

  give(fuel) {
    if (fuel !== this.given) {
      this.given = fuel;
      this.givenFuel = BigInt(fuel);
    }
    this.fuel.value = this.givenFuel;
  }

  get memoryBytes() {
    return this.memory.buffer.byteLength;
  }

  fuelLeft() {
    return Number(this.fuel.value);
  }

  /** The core no longer waits: whatever the guest still does traps at its next import. */
  abandon() {
    this.abandoned = true;
  }

  /** The host call was carried out; its reply or error lies in the core's memory until the next. */
  answered(ok, start, length) {
    if (ok) {
      this.hostReply = start;
      this.hostReplyLength = length;
    } else {
      this.hostError = start;
      this.hostErrorLength = length;
    }
    this.ready = ok ? 1 : 0;
    this.resume?.(this.ready);
    this.resume = undefined;
  }

  reset() {
    this.called = false;
    /** What was answered on the stack of whoever calls. */
    this.said = [];
    this.hostReply = 0;
    this.hostReplyLength = 0;
    this.hostError = 0;
    this.hostErrorLength = 0;
  }

  imports(stubs, enosys) {
    const host = {
      __guest_request: (operation, payload) => {
        if (!this.called) return;
        this.write(operation, this.operation, this.operationLength);
        this.write(payload, this.payload, this.payloadLength);
      },
      __guest_response: (start, length) => this.hand(REPLY, start, length),
      __guest_error: (start, length) => this.hand(ERROR, start, length),
      __host_call: new WebAssembly.Suspending(this.callHost.bind(this)),
      __host_response_len: () => this.hostReplyLength,
      __host_response: (start) => this.write(start, this.hostReply, this.hostReplyLength),
      __host_error_len: () => this.hostErrorLength,
      __host_error: (start) => this.write(start, this.hostError, this.hostErrorLength),
      __console_log: (start, length) => {
        const from = this.check(start, length);
        if (this.called) this.log(this.guest().subarray(from, from + (length >>> 0)));
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

  callHost(binding, bindingLength, namespace, namespaceLength, operation, operationLength, payload, payloadLength) {
    binding = this.check(binding, bindingLength);
    namespace = this.check(namespace, namespaceLength);
    operation = this.check(operation, operationLength);
    payload = this.check(payload, payloadLength);
    let at = this.reserve(REQUEST, bindingLength + namespaceLength + operationLength + payloadLength);
    const [from, to] = [this.guest(), this.cores()];
    copy(from, binding, bindingLength, to, at);
    copy(from, namespace, namespaceLength, to, (at += bindingLength));
    copy(from, operation, operationLength, to, (at += namespaceLength));
    copy(from, payload, payloadLength, to, at + operationLength);
    this.ready = undefined;
    this.hostCall(bindingLength, namespaceLength, operationLength);
    return this.ready ?? new Promise((resume) => (this.resume = resume));
  }

  /** Hands bytes of the guest to the core. */
  hand(what, start, length) {
    const from = this.check(start, length);
    if (this.onlyAnswers && this.called) {
      // A guest may leave so little of the stack that the core would break in the middle of what it does.
      this.keep(what, this.guest().subarray(from, from + (length >>> 0)));
      return;
    }
    const at = this.reserve(what, length);
    copy(this.guest(), from, length, this.cores(), at);
  }

  /** Keeps an answer until the guest has returned, in one buffer, however often it answers. */
  keep(what, bytes) {
    let buffer = this.said[what]?.buffer;
    const room = buffer?.byteLength ?? 0;
    if (!buffer || room < bytes.length) {
      buffer = new ArrayBuffer(Math.max(bytes.length, Math.min(2 * room, this.view.length)));
    }
    this.said[what] = new Uint8Array(buffer, 0, bytes.length);
    this.said[what].set(bytes);
  }

  /** Copies bytes of the core into the guest. */
  write(start, from, length) {
    const at = this.check(start, length);
    copy(this.cores(), from, length, this.guest(), at);
  }

  /** The address as a number without sign, once it is known to lie in the guest's memory. */
  check(start, length) {
    if (this.abandoned) throw new Error("the call was given up");
    const from = start >>> 0;
    const count = length >>> 0;
    if (from + count > this.guest().length) {
      throw new RangeError(`the guest named ${count} bytes at ${from}, outside of its memory`);
    }
    return from;
  }

  /** The guest's memory; its view dies when the memory grows. */
  guest() {
    if (this.view.buffer !== this.memory.buffer) this.view = new Uint8Array(this.memory.buffer);
    return this.view;
  }

  /** The core's memory. */
  cores() {
    if (this.coreView.buffer !== this.core.buffer) this.coreView = new Uint8Array(this.core.buffer);
    return this.coreView;
  }
}

function copy(from, start, length, to, at) {
  if (length > FEW) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  for (let index = 0; index < length; index++) to[at + index] = from[start + index];
}
