// The npm package `wisteria`: a host for WebAssembly actors in any web page.

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
export type { WorkerLike } from "./remote.js";
export type { TokenSource } from "./token.js";
export type * from "./types.js";
