// Texts that the build makes of the WebAssembly and the worker.

/** The WebAssembly, compressed by Zstandard, in base64. */
export const wasm: string;
/** The script of the worker. */
export const worker: string;
