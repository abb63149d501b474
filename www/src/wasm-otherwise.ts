// Compiles WebAssembly that comes as bytes or under another type, and says what is wrong with what is none.

import { WisteriaError } from "./error.js";
import type { Build } from "./wasm.js";

/** What every module begins with. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** Compiles the body of a response, `name` where it has no address. */
export async function compileResponse(response: Response, name: string): Promise<WebAssembly.Module> {
  const what = response.url || name;
  if (!response.ok) {
    throw new WisteriaError("wasm-unreachable", `${what} answers ${response.status}; have the server serve the package's file there, or tell where it is: await init(url)`);
  }
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const bytes = new Uint8Array(
    await response.arrayBuffer().catch((cause: unknown) => {
      throw new WisteriaError("wasm-unreachable", `${what} broke off: ${WisteriaError.from(cause).message}; load the page again`, { cause });
    }),
  );
  if (isMarkup(bytes)) {
    throw invalid(
      `${what} is a page (${type || "HTML"}) and not WebAssembly: the server has no such file. With Vite, have it leave the package alone: optimizeDeps: { exclude: ["wisteria"] }; elsewhere tell where the file is: await init(url)`,
    );
  }
  const module = await compileBytes(bytes, what);
  if (response.url && type !== "application/wasm") {
    console.warn(`${what} is served as "${type}", which loads more slowly; have the server say content-type: application/wasm`);
  }
  return module;
}

/** Compiles bytes. */
export async function compileBytes(bytes: BufferSource, what: string): Promise<WebAssembly.Module> {
  const view = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  if (isMarkup(view)) throw invalid(`${what} is a page and not WebAssembly; give the file \`wisteria/host.wasm\``);
  if (!MAGIC.every((byte, index) => view[index] === byte)) {
    throw invalid(`${what} is not WebAssembly (${view.length} bytes); give the file \`wisteria/host.wasm\`, served as application/wasm`);
  }
  return WebAssembly.compile(bytes).catch((thrown: unknown) => {
    throw refused(thrown, what);
  });
}

/** Whether a text begins with a tag, after a byte order mark and spaces. */
function isMarkup(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*</.test(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, 256)));
}

/** Why the browser compiles it not. */
export function refused(thrown: unknown, what: string): WisteriaError {
  const why = WisteriaError.from(thrown).message;
  if (/Content.Security.Policy|unsafe-eval|disallowed by embedder/i.test(why)) {
    return new WisteriaError(
      "wasm-forbidden",
      `WebAssembly may not be compiled here: ${why}; in a page, add 'wasm-unsafe-eval' to script-src of its content security policy; elsewhere give \`init\` the compiled module`,
      { cause: thrown },
    );
  }
  return new WisteriaError("wasm-invalid", `${what} is no whole module: ${why}; see that it is \`wisteria/host.wasm\` of this version, and that it is served in full`, { cause: thrown });
}

/** Why a module cannot run here, which says that it is that build, or none. */
export function unfit(build: Build | undefined): WisteriaError {
  if (!build) return invalid("this is WebAssembly, but not the host of this package; give `init` the file `wisteria/host.wasm`");
  return new WisteriaError(
    "unsupported",
    "WebAssembly cannot suspend here (JSPI), which `wisteria/host.wasm` needs; give `init` the file `wisteria/host-wasmi.wasm`",
  );
}

/** Why nothing comes. */
export function unreachable(cause: unknown, what: string): WisteriaError {
  const why = WisteriaError.from(cause).message;
  return new WisteriaError("wasm-unreachable", `${what} cannot be got: ${why}; check the address, and that the page's policy allows it (connect-src)`, { cause });
}

const invalid = (message: string) => new WisteriaError("wasm-invalid", message);
