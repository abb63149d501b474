// Gets and compiles the tab host's WebAssembly, and says what is wrong with it where it is not that.

import { WisteriaError } from "./error.js";

/** The builds of the tab host: `jspi` runs actors in WebAssembly of their own, `wasmi` interprets them where it must. */
export type Build = "jspi" | "wasmi";

/** Where the tab host's WebAssembly comes from. */
export type WasmSource = URL | string | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/** The section by which the build says which one it is. */
const STAMP = "wisteria.host";

/** What every module begins with. */
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** The build that this thread can run: actors in WebAssembly of their own where that can suspend. */
export function fittingBuild(): Build {
  return "Suspending" in WebAssembly && "promising" in WebAssembly ? "jspi" : "wasmi";
}

/** Which build a module is. */
export function buildOf(module: WebAssembly.Module): Build {
  const [stamp] = WebAssembly.Module.customSections(module, STAMP);
  if (!stamp) throw invalid("this is WebAssembly, but not the host of this package; give `init` the file `wisteria/host.wasm`");
  const build = new TextDecoder().decode(stamp) as Build;
  if (build === "jspi" && fittingBuild() !== "jspi") {
    throw new WisteriaError(
      "unsupported",
      "WebAssembly cannot suspend here (JSPI), which `wisteria/host.wasm` needs; give `init` the file `wisteria/host-wasmi.wasm`",
    );
  }
  return build;
}

/** Compiles what a source brings; `open` gets what is at a URL. */
export async function compile(source: WasmSource, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  const module = source instanceof WebAssembly.Module ? source : await compiled(source as BytesSource, open);
  buildOf(module);
  return module;
}

/** Compiles another module of the package; `open` gets what is at its address. */
export function compileFile(file: URL, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  return compiled(file, open);
}

/** TypeScript takes anything for a module, and so cannot tell the others apart from one. */
type BytesSource = URL | string | Response | Promise<Response> | BufferSource;

async function compiled(source: BytesSource, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return compileBytes(source, "the WebAssembly");
  const isAddress = typeof source === "string" || source instanceof URL;
  return compileResponse(await arriving(isAddress ? open(source) : source, isAddress ? String(source) : "the WebAssembly"));
}

async function arriving(response: Response | Promise<Response>, what: string): Promise<Response> {
  try {
    return await response;
  } catch (cause) {
    const why = WisteriaError.from(cause).message;
    throw new WisteriaError("wasm-unreachable", `${what} cannot be got: ${why}; check the address, and that the page's policy allows it (connect-src)`, { cause });
  }
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  const what = response.url || "the response";
  if (!response.ok) {
    throw new WisteriaError("wasm-unreachable", `${what} answers ${response.status}; have the server serve the package's file there, or tell where it is: await init(url)`);
  }
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/wasm" && "compileStreaming" in WebAssembly) {
    return WebAssembly.compileStreaming(response).catch((thrown: unknown) => {
      throw refused(thrown, what);
    });
  }
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

async function compileBytes(bytes: BufferSource, what: string): Promise<WebAssembly.Module> {
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

function refused(thrown: unknown, what: string): WisteriaError {
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

const invalid = (message: string) => new WisteriaError("wasm-invalid", message);
