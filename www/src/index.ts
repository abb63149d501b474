// What the npm package `wisteria` offers, wherever it runs; its entries say where that is.

export { WisteriaError } from "./error.js";
export { HostEvents, type HostNews } from "./events.js";
export {
  Actors,
  Host,
  Lattice,
  Links,
  type Bounds,
  type CallOptions,
  type HostOptions,
  type ModuleSource,
  type OnHost,
  type PutLink,
} from "./host.js";
export { init } from "./init.js";
export type { WasmSource } from "./wasm.js";
export type * from "./contracts.js";
export type { EndedLink, ExportedPart, Handler, PartOf, Handlers, ProvideOptions, ProvidedLink, ProviderCall, ValueDescription, ValueKind } from "./provide.js";
export type { Provider } from "./provider.js";
export type { ServeOptions } from "./serve.js";
export type { MountOptions } from "./ui.js";
export type { WorkerLike } from "./remote.js";
export type { TokenSource } from "./token.js";
export type * from "./types.js";
