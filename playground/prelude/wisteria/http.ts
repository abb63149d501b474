// `wasmcloud:httpserver`: requests that reach the actor.

import { register } from "./guest";
import { toJson } from "./json";
import { Value } from "./value";

/** A request. */
export class HttpRequest {
  /** `GET`, `POST` … */
  readonly method: string;
  /** The path, from `/` on, without query. */
  readonly path: string;
  /** The query, without `?`. */
  readonly queryString: string;
  /** The body. */
  readonly body: Uint8Array;
  private headers: Value;

  constructor(request: Value) {
    this.method = request.get("method").textOr("GET");
    this.path = request.get("path").textOr("/");
    this.queryString = request.get("queryString").textOr("");
    const body = request.get("body");
    this.body = body.isNil ? new Uint8Array(0) : body.bytes;
    this.headers = request.get("header");
  }

  /** The body as text. */
  get text(): string {
    return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.byteLength);
  }

  /** The first value of a header, whose name is in lower case; empty where it is not there. */
  header(name: string): string {
    return this.headers.get(name).at(0).textOr("");
  }

  /** A parameter of the query as it was sent, with its percent signs; empty where it is not there. */
  query(name: string): string {
    const pairs = this.queryString.split("&");
    for (let at = 0; at < pairs.length; at++) {
      if (pairs[at].startsWith(name + "=")) return pairs[at].substring(name.length + 1);
    }
    return "";
  }
}

/** A response. */
export class HttpResponse {
  private headers: Value = Value.map();

  constructor(
    /** The status, 200 to 999. */
    public status: i32 = 200,
    /** The body. */
    public body: Uint8Array = new Uint8Array(0),
  ) {}

  /** A response of text. */
  static text(text: string, status: i32 = 200): HttpResponse {
    return new HttpResponse(status, Value.of(text).bytes).withHeader("content-type", "text/plain; charset=utf-8");
  }

  /** A response of a value as JSON. */
  static json(value: Value, status: i32 = 200): HttpResponse {
    return new HttpResponse(status, Value.of(toJson(value)).bytes).withHeader("content-type", "application/json");
  }

  /** The same with a header more; its name is in lower case. */
  withHeader(name: string, value: string): HttpResponse {
    this.headers.set(name, [value]);
    return this;
  }

  /** As the provider reads it. */
  toValue(): Value {
    return Value.map().set("statusCode", this.status).set("header", this.headers).set("body", this.body);
  }
}

let handler: ((request: HttpRequest) => HttpResponse) | null = null;

/** Requests that reach the actor. */
export namespace http {
  /** Has a function answer requests, as the operation `HttpServer.HandleRequest` of the contract `wasmcloud:httpserver`. */
  export function handle(handle: (request: HttpRequest) => HttpResponse): void {
    handler = handle;
    register("HttpServer.HandleRequest", (argument: Value): Value => handler!(new HttpRequest(argument)).toValue());
  }
}
