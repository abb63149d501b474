// The operations of contracts as handlers see them.

/** What a key holds. */
export interface KeyValueText {
  value: string;
  exists: boolean;
}

/** `wasmcloud:keyvalue` */
export interface KeyValue {
  "KeyValue.Increment"(argument: { key: string; value: number }): number;
  "KeyValue.Contains"(key: string): boolean;
  "KeyValue.Del"(key: string): boolean;
  "KeyValue.Get"(key: string): KeyValueText;
  /** `expires` is in seconds, 0 for never. */
  "KeyValue.Set"(argument: { key: string; value: string; expires?: number }): void;
  "KeyValue.ListAdd"(argument: { listName: string; value: string }): number;
  "KeyValue.ListClear"(list: string): boolean;
  "KeyValue.ListDel"(argument: { listName: string; value: string }): boolean;
  "KeyValue.ListRange"(argument: { listName: string; start: number; stop: number }): string[];
  "KeyValue.SetAdd"(argument: { setName: string; value: string }): number;
  "KeyValue.SetDel"(argument: { setName: string; value: string }): number;
  "KeyValue.SetIntersection"(sets: string[]): string[];
  "KeyValue.SetQuery"(set: string): string[];
  "KeyValue.SetUnion"(sets: string[]): string[];
  "KeyValue.SetClear"(set: string): boolean;
}

/** A request that an actor sends. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string[]>;
  body: Uint8Array;
}

/** What came of it. */
export interface HttpResponse {
  statusCode: number;
  header: Record<string, string[]>;
  body: Uint8Array;
}

/** `wasmcloud:httpclient` */
export interface HttpClient {
  "HttpClient.Request"(request: HttpRequest): HttpResponse;
}

/** A message. */
export interface Message {
  subject: string;
  replyTo?: string;
  body: Uint8Array | string;
}

/** A message to be answered within a time, 2 s for 0. */
export interface RequestMessage {
  subject: string;
  body: Uint8Array | string;
  timeoutMs: number;
}

/** `wasmcloud:messaging` */
export interface Messaging {
  "Messaging.Publish"(message: Message): void;
  "Messaging.Request"(request: RequestMessage): Message;
}

/** An event that a stream keeps. Positions grow from event to event; `time` is in milliseconds since 1970. */
export interface StreamEvent {
  position: number;
  time: number;
  type: string;
  data: Uint8Array;
}

/** Adds an event; with `expectedPosition` only if that is the position of the stream's last one. */
export interface AppendRequest {
  stream: string;
  type?: string;
  data?: Uint8Array | string;
  expectedPosition?: number | null;
}

/** Reads the events after a position: 100 for a limit of 0, 1,000 at most. */
export interface ReadRequest {
  stream: string;
  after?: number;
  limit?: number;
}

/** Names a subscription. */
export interface Subscription {
  stream: string;
  subscription?: string;
}

/** Has events delivered, from the next on, or from those after a position. */
export interface SubscribeRequest extends Subscription {
  after?: number | null;
}

/** `wisteria:eventstreams` */
export interface EventStreams {
  "EventStreams.Append"(event: AppendRequest): { appended: boolean; position: number };
  "EventStreams.Read"(what: ReadRequest): { events: StreamEvent[]; isLast: boolean };
  "EventStreams.GetInfo"(stream: string): { firstPosition: number; lastPosition: number };
  "EventStreams.Subscribe"(request: SubscribeRequest): { created: boolean; position: number };
  "EventStreams.Unsubscribe"(subscription: Subscription): boolean;
}

/** Names an object. */
export interface ContainerObject {
  containerId: string;
  objectId: string;
}

/** Part of an object; `offset` is where in it the part starts. */
export interface Chunk extends ContainerObject {
  bytes: Uint8Array;
  offset: number;
  isLast: boolean;
}

/** A container. */
export interface ContainerMetadata {
  containerId: string;
  createdAt?: { sec: number; nsec: number };
}

/** An object without its content. */
export interface ObjectMetadata extends ContainerObject {
  contentLength: number;
  lastModified?: { sec: number; nsec: number };
  contentType?: string;
  contentEncoding?: string;
}

/** What became of one of several. */
export interface ItemResult {
  key: string;
  success: boolean;
  error?: string;
}

/** Lists objects by name; `continuation` is that of the answer before. */
export interface ListObjectsRequest {
  containerId?: string;
  startWith?: string | null;
  continuation?: string | null;
  endWith?: string | null;
  endBefore?: string | null;
  maxItems?: number | null;
}

/** An object that is read. What the first chunk lacks comes by `ChunkReceiver.ReceiveChunk`. */
export interface GetObjectResponse {
  success: boolean;
  error?: string;
  initialChunk?: Chunk;
  contentLength: number;
  contentType?: string;
  contentEncoding?: string;
}

type Given<T> = Partial<T> & ContainerObject;

/** `wasmcloud:blobstore` */
export interface Blobstore {
  "Blobstore.ContainerExists"(container: string): boolean;
  "Blobstore.CreateContainer"(container: string): void;
  "Blobstore.GetContainerInfo"(container: string): ContainerMetadata;
  "Blobstore.ListContainers"(nothing?: unknown): ContainerMetadata[];
  "Blobstore.RemoveContainers"(containers: string[]): ItemResult[];
  "Blobstore.ObjectExists"(object: ContainerObject): boolean;
  "Blobstore.GetObjectInfo"(object: ContainerObject): ObjectMetadata;
  "Blobstore.ListObjects"(request: ListObjectsRequest): { objects: ObjectMetadata[]; isLast: boolean; continuation?: string };
  "Blobstore.RemoveObjects"(request: { containerId: string; objects: string[] }): ItemResult[];
  "Blobstore.PutObject"(request: { chunk: Given<Chunk>; contentType?: string | null; contentEncoding?: string | null }): { streamId?: string };
  "Blobstore.PutChunk"(request: { chunk: Given<Chunk>; streamId?: string | null; cancelAndRemove?: boolean }): void;
  "Blobstore.GetObject"(request: ContainerObject & { rangeStart?: number | null; rangeEnd?: number | null }): GetObjectResponse;
}

/** How grave a message is. */
export type NotifyLevel = "info" | "success" | "warning" | "error";
/** What kind of input. */
export type InputKind = "text" | "number" | "checkbox" | "button";
/** What somebody did. */
export type UiEventKind = "change" | "press" | "pointer-down" | "pointer-move" | "pointer-up" | "key-down" | "key-up";

/** What an actor gets by `Ui.HandleEvent`. */
export interface UiEvent {
  name: string;
  kind: UiEventKind;
  value: string;
  x: number;
  y: number;
}

/** A bitmap for a canvas: width × height × 4 bytes of red, green, blue and alpha. */
export interface CanvasBitmap {
  canvas: string;
  x?: number;
  y?: number;
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** `wisteria:ui` */
export interface Ui {
  "Ui.ShowText"(argument: { name: string; text: string; append?: boolean }): void;
  "Ui.Notify"(argument: { text: string; level?: NotifyLevel }): void;
  "Ui.ShowCanvas"(argument: { name: string; width: number; height: number }): void;
  "Ui.Draw"(bitmap: CanvasBitmap): void;
  "Ui.ShowInput"(argument: { name: string; kind?: InputKind; label?: string; value?: string }): void;
  "Ui.ReadInputs"(names: string[]): Record<string, string>;
  "Ui.Remove"(name: string): boolean;
}

/** A request that an actor serves; what is not said is empty. */
export interface ServedRequest {
  method: string;
  /** From `/` on, without query. */
  path: string;
  /** Without `?`. */
  queryString?: string;
  /** Names in lower case. */
  header?: Record<string, string[]>;
  body?: Uint8Array | string;
}

/** What actors are asked, by the contracts that let them be. */
export interface ActorOperations {
  "HttpServer.HandleRequest"(request: ServedRequest): HttpResponse;
  "MessageSubscriber.HandleMessage"(message: Message): void;
  "Ui.HandleEvent"(event: UiEvent): void;
}

/** What an operation of actors takes; anything, where it is not known here. */
export type ArgumentOf<O extends string> = O extends keyof ActorOperations ? Parameters<ActorOperations[O]>[0] : unknown;

/** What an operation of actors brings. */
export type ReplyOf<O extends string> = O extends keyof ActorOperations ? ReturnType<ActorOperations[O]> : unknown;

/** The contracts whose operations have types here. */
export interface Contracts {
  "wasmcloud:keyvalue": KeyValue;
  "wasmcloud:httpclient": HttpClient;
  "wasmcloud:messaging": Messaging;
  "wasmcloud:blobstore": Blobstore;
  "wisteria:eventstreams": EventStreams;
  "wisteria:ui": Ui;
}
