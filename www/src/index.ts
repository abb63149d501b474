// What the npm package `wisteria` offers, wherever it runs; its entries say where that is.

export { Actors, type Bounds, type OnHost } from "./actors.js";
export { BusMessage, type PublishOptions, type SayOptions, type SubscribeOptions } from "./bus.js";
export {
  AbortedError,
  ActorError,
  BadRequestError,
  ConnectionError,
  LimitError,
  NotFoundError,
  NotLinkedError,
  NotPermittedError,
  OverloadedError,
  ProviderError,
  TimeoutError,
  UnsupportedError,
  WisteriaError,
} from "./error.js";
export { Faults, type LinkToSlow } from "./faults.js";
export { HostEvents, type HostNews } from "./events.js";
export { Host, type CallOptions, type HostOptions } from "./host.js";
export { Lattice, type StopHost } from "./lattice.js";
export { decodePayload } from "./messagepack.js";
export { Links, type PutLink } from "./links.js";
export type { ModuleReference, ModuleSource } from "./module.js";
export { Providers, type StartProvider } from "./running-providers.js";
export { BusSubscription } from "./subscription.js";
export type { Waiting } from "./waiting.js";
export { init } from "./init.js";
export type { WasmSource } from "./wasm.js";
export type * from "./contracts.js";
export type * from "./observation.js";
export type { EndedLink, ExportedPart, Handler, PartOf, Handlers, ProvideOptions, ProvidedLink, ProviderCall, ValueDescription, ValueKind } from "./provide.js";
export type { Provider } from "./provider.js";
export type { ServeOptions } from "./serve.js";
export type { MountOptions } from "./ui.js";
export type { WorkerLike } from "./remote.js";
export type { TokenSource } from "./token.js";
export type * from "./types.js";
