// Gets and compiles the tab host's WebAssembly, by the straight way; what else may come is left to `wasm-otherwise.ts`, which is
// loaded when it does.

/** The builds of the tab host: `jspi` runs actors in WebAssembly of their own, `wasmi` interprets them where it must. */
export type Build = "jspi" | "wasmi";

/** Where the tab host's WebAssembly comes from. */
export type WasmSource = URL | string | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/** The section by which the build says which one it is. */
const STAMP = "wisteria.host";

/** The build that this thread can run: actors in WebAssembly of their own where that can suspend. */
export function fittingBuild(): Build {
  return "Suspending" in WebAssembly && "promising" in WebAssembly ? "jspi" : "wasmi";
}

/** Which build a module is; rejects what is none, and what cannot run here. */
export async function buildOf(module: WebAssembly.Module): Promise<Build> {
  const [stamp] = WebAssembly.Module.customSections(module, STAMP);
  const build = stamp && (new TextDecoder().decode(stamp) as Build);
  if (!build || (build === "jspi" && fittingBuild() !== "jspi")) throw (await otherwise()).unfit(build);
  return build;
}

/** Compiles what a source brings; `open` gets what is at a URL. */
export async function compile(source: WasmSource, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  const module = source instanceof WebAssembly.Module ? source : await compiled(source as BytesSource, open);
  await buildOf(module);
  return module;
}

/** Compiles another module of the package; `open` gets what is at its address. */
export function compileFile(file: URL, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  return compiled(file, open);
}

/** TypeScript takes anything for a module, and so cannot tell the others apart from one. */
type BytesSource = URL | string | Response | Promise<Response> | BufferSource;

async function compiled(source: BytesSource, open: (url: URL | string) => Promise<Response>): Promise<WebAssembly.Module> {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return (await otherwise()).compileBytes(source, UNNAMED);
  const isAddress = typeof source === "string" || source instanceof URL;
  const name = isAddress ? String(source) : UNNAMED;
  let response;
  try {
    response = await (isAddress ? open(source) : source);
  } catch (cause) {
    throw (await otherwise()).unreachable(cause, name);
  }
  const isWasm = /^application\/wasm\s*(;|$)/i.test(response.headers.get("content-type") ?? "");
  if (!response.ok || !isWasm || !("compileStreaming" in WebAssembly)) return (await otherwise()).compileResponse(response, UNNAMED);
  return WebAssembly.compileStreaming(response).catch(async (thrown: unknown) => {
    throw (await otherwise()).refused(thrown, response.url || UNNAMED);
  });
}

/** What there is no address of. */
const UNNAMED = "the WebAssembly";

const otherwise = () => import("./wasm-otherwise.js");
