// The parts of Node's modules that are used here, so that the package's types need none of Node's.

declare module "node:fs/promises" {
  export function readFile(path: URL | string): Promise<Uint8Array<ArrayBuffer>>;
}

declare module "node:worker_threads" {
  interface Port {
    on(event: "message", listener: (message: any) => void): void;
    postMessage(message: unknown): void;
  }
  export class Worker implements Port {
    constructor(script: URL, options: { name: string; execArgv: string[] });
    on(event: "message" | "error", listener: (value: any) => void): void;
    postMessage(message: unknown): void;
    terminate(): Promise<number>;
  }
  export const parentPort: Port | null;
}
