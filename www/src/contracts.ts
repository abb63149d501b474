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

/** `wasmcloud:messaging` */
export interface Messaging {
  "Messaging.Publish"(message: { subject: string; replyTo?: string; body: Uint8Array }): void;
  "Messaging.Request"(request: { subject: string; body: Uint8Array; timeoutMs: number }): {
    subject: string;
    replyTo?: string;
    body: Uint8Array;
  };
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

/** The contracts whose operations have types here. */
export interface Contracts {
  "wasmcloud:keyvalue": KeyValue;
  "wasmcloud:httpclient": HttpClient;
  "wasmcloud:messaging": Messaging;
  "wisteria:ui": Ui;
}
