// What a new actor starts from.

import type { PortableSource } from "./sources";

/** A source to begin with. */
export interface Template extends PortableSource {
  /** What it is, in a line. */
  about: string;
}

const json = (value: unknown): string => JSON.stringify(value);

const echo: Template = {
  name: "echo",
  about: "Answers with what it is sent",
  language: "assemblyscript",
  capabilities: [],
  isOptimized: false,
  text: `import { register, Value } from "wisteria";

// Each operation has a function, from argument to reply.
register("Echo", (argument: Value): Value => argument);

register("Greet", (argument: Value): Value => {
  return Value.of("Hello, " + argument.get("name").text);
});
`,
  tests: [
    { operation: "Echo", input: json("hi"), expected: json("hi") },
    { operation: "Greet", input: json({ name: "Ada" }), expected: json("Hello, Ada") },
  ],
};

const counter: Template = {
  name: "counter",
  about: "Counts requests by path, in a key-value store",
  language: "assemblyscript",
  capabilities: [],
  isOptimized: false,
  text: `import { http, HttpRequest, HttpResponse, keyvalue, log, Value } from "wisteria";

http.handle((request: HttpRequest): HttpResponse => {
  const key = "counter:" + request.path.substring(1);
  const count = keyvalue.increment(key);
  log.info(key + " is now " + count.toString());
  return HttpResponse.json(Value.map().set("counter", count).set("key", key));
});
`,
  tests: [
    { operation: "HttpServer.HandleRequest", input: json({ path: "/a" }), expected: json({ body: { counter: 1 } }) },
    { operation: "HttpServer.HandleRequest", input: json({ path: "/a" }), expected: json({ body: { counter: 2 } }) },
    { operation: "HttpServer.HandleRequest", input: json({ path: "/b" }), expected: json({ body: { counter: 1 } }) },
  ],
};

const web: Template = {
  name: "hello-web",
  about: "Answers HTTP requests with text and JSON",
  language: "assemblyscript",
  capabilities: [],
  isOptimized: false,
  text: `import { http, HttpRequest, HttpResponse, parseJson, Value } from "wisteria";

http.handle((request: HttpRequest): HttpResponse => {
  if (request.path == "/hello") return HttpResponse.text("Hello, " + request.query("name"));
  if (request.path == "/sum" && request.method == "POST") {
    const numbers = parseJson(request.text);
    let sum: f64 = 0;
    for (let at = 0; at < numbers.length; at++) sum += numbers.at(at).f64;
    return HttpResponse.json(Value.map().set("sum", sum));
  }
  return HttpResponse.text("There is no " + request.path, 404);
});
`,
  tests: [
    {
      operation: "HttpServer.HandleRequest",
      input: json({ method: "GET", path: "/hello", queryString: "name=Ada" }),
      expected: json({ statusCode: 200, body: "Hello, Ada" }),
    },
    {
      operation: "HttpServer.HandleRequest",
      input: json({ method: "POST", path: "/sum", body: "[1, 2, 3.5]" }),
      expected: json({ body: { sum: 6.5 } }),
    },
    {
      operation: "HttpServer.HandleRequest",
      input: json({ method: "GET", path: "/" }),
      expected: json({ statusCode: 404 }),
    },
  ],
};

const wat: Template = {
  name: "tiny-echo",
  about: "The bare interface of an actor, in WAT",
  language: "wat",
  capabilities: [],
  isOptimized: false,
  text: `;; Answers every operation with the bytes that it is sent.
(module
  ;; The host copies operation and argument to where the actor says.
  (import "wapc" "__guest_request" (func $request (param $operation i32) (param $argument i32)))
  (import "wapc" "__guest_response" (func $response (param $start i32) (param $length i32)))
  (memory (export "memory") 1)

  (func (export "__guest_call") (param $operation_length i32) (param $argument_length i32) (result i32)
    ;; The operation to 1024, the argument behind it.
    (local $argument i32)
    (local.set $argument (i32.add (i32.const 1024) (local.get $operation_length)))
    (call $request (i32.const 1024) (local.get $argument))
    (call $response (local.get $argument) (local.get $argument_length))
    ;; 1 for a reply; 0 would be an error.
    (i32.const 1)))
`,
  tests: [{ operation: "Echo", input: json("hi"), expected: json("hi") }],
};

/** The first one is what a new actor is unless another is chosen. */
export const TEMPLATES: Template[] = [echo, counter, web, wat];
