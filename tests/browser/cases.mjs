// The sample actors and what each answers, the same on every host: one table.

const request = (path, more = {}) => ({ method: "GET", path, queryString: "", header: {}, body: "", ...more });
const http = "HttpServer.HandleRequest";
const KEY_VALUE = "wasmcloud:keyvalue";

/** A reply of status 200 with this JSON. */
const json = (body) => ({ json: body });
/** A reply that means nothing: it was done. */
const nothing = { nothing: true };
/** A reply that is this text. */
const text = (reply) => ({ text: reply });
/** A failure with this code and these words. */
const fails = (code, words) => ({ code, words });

/**
 * Each actor's module, the contracts it needs links for, and its calls in order. A call is an operation, an argument
 * (`raw`: text as bytes instead of MessagePack), what comes of it and what the actor logs.
 */
export const actors = [
  {
    module: "kv_counter",
    links: [KEY_VALUE],
    calls: [
      { operation: http, argument: request("/kv"), gives: json({ counter: 1, key: "counter:kv" }) },
      { operation: http, argument: request("/kv"), gives: json({ counter: 2, key: "counter:kv" }) },
      { operation: http, argument: request("/kv/ü/"), gives: json({ counter: 1, key: "counter:kv:ü" }) },
    ],
  },
  {
    module: "tiny_counter",
    links: [KEY_VALUE],
    calls: [
      { operation: http, argument: request("/tiny"), gives: json({ counter: 1, key: "counter:tiny" }) },
      { operation: http, argument: request("/tiny"), gives: json({ counter: 2, key: "counter:tiny" }) },
      { operation: "HttpServer.Missing", argument: request("/tiny"), gives: fails("guest-failed", "HttpServer.Missing") },
    ],
  },
  {
    module: "http_echo",
    links: [],
    calls: [
      {
        operation: http,
        argument: request("/a/b", { method: "POST", queryString: "q=1", header: { "x-a": ["1", "2"] }, body: "Grüße" }),
        gives: json({ method: "POST", path: "/a/b", query: "q=1", header: { "x-a": ["1", "2"] }, body: "Grüße" }),
      },
      {
        operation: http,
        argument: request("/", { body: "x".repeat(200_000) }),
        gives: json({ method: "GET", path: "/", query: "", header: {}, body: "x".repeat(200_000) }),
      },
      { operation: http, argument: request("/guid"), gives: { matches: /^\{"guid":"[0-9a-f-]{36}"\}$/i } },
      { operation: http, argument: request("/dice"), gives: { matches: /^\{"dice":[1-6]\}$/ } },
    ],
  },
  {
    module: "wapc_upper",
    links: [],
    calls: [
      { operation: "upper", argument: "größer", raw: true, gives: text("GRÖSSER") },
      { operation: "upper", argument: "", raw: true, gives: text("") },
      { operation: "fail", argument: "not today", raw: true, gives: fails("guest-failed", "not today") },
      { operation: "missing", argument: "", raw: true, gives: fails("guest-failed", "missing") },
    ],
  },
  {
    module: "echo_messaging",
    links: [],
    calls: [
      {
        operation: "MessageSubscriber.HandleMessage",
        argument: { subject: "a", replyTo: "b", body: "hello" },
        gives: nothing,
        // It tries to publish its answer; nobody linked it to anything that would.
        logs: "is not linked to wasmcloud:messaging",
      },
      {
        operation: "MessageSubscriber.Forget",
        argument: { subject: "a", body: "hello" },
        gives: fails("guest-failed", "MessageSubscriber.Forget"),
      },
    ],
  },
];
