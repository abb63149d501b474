// What calls of a tab cost in Chromium, beside the bare means that they stand on: `bench-tab.mjs ROUNDS` prints a table. The
// page holds a host of the npm package and nothing else; on the playground's page everything that is called is watched.
// The server is the one that was built last; `cargo xtask bench tab` has it as it is released.

import { Agent, request as httpRequest } from "node:http";
import { once } from "node:events";
import binaryen from "binaryen";
import { WebSocketServer } from "ws";
import { freeAddress } from "./http.mjs";
import { serve } from "../packaging/serve.mjs";
import { moduleBytes, packageFolder, plainPage } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { joined } from "./tab.mjs";
import * as unwatched from "./unwatched.mjs";

/** Round trips of which the median counts, after as many as a tenth of them that do not. */
const TRIPS = 2000;
/** Bytes that travel each way. */
const SIZE = 64;
/** Calls of one actor by another in one call of the page. */
const INNER = 20;

const rounds = Number(process.argv[2] ?? 5);
const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

/** Round trips that are timed together, as clocks of pages have steps of 100 µs. */
const TOGETHER = 50;

/** The source of a function in the page: the median of round trips, in microseconds. */
const P50 = `async (trip, trips) => {
  for (let n = 0; n < trips / 10; n++) await trip();
  const times = [];
  for (let n = 0; n < trips; n += ${TOGETHER}) {
    const begun = performance.now();
    for (let m = 0; m < ${TOGETHER}; m++) await trip();
    times.push((performance.now() - begun) / ${TOGETHER});
  }
  return times.sort((one, other) => one - other)[times.length >> 1] * 1000;
}`;

/** The median of round trips from here, in microseconds. */
const p50 = new Function(`return ${P50}`)();

/** An actor that answers what it is given, and nothing else: samples also do work and log. */
function answering() {
  return assemble(`(module
    (import "wapc" "__guest_request" (func $request (param i32 i32)))
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param $operation i32) (param $length i32) (result i32)
      (call $request (i32.const 1024) (i32.const 2048))
      (call $response (i32.const 2048) (local.get $length))
      (i32.const 1)))`);
}

/** `{"statusCode": 200, "status": "OK", "header": {}, "body": b""}` in MessagePack, as text of WebAssembly. */
const RESPONSE = "\\84\\aastatusCode\\cc\\c8\\a6status\\a2OK\\a6header\\80\\a4body\\c4\\00";

/** An actor that calls another so many times, with so many bytes, and answers as those do who serve HTTP. */
function calling(actor) {
  const length = RESPONSE.replaceAll(/\\../g, "?").length;
  return assemble(`(module
    (import "wapc" "__guest_response" (func $response (param i32 i32)))
    (import "wapc" "__host_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "${actor}")
    (data (i32.const 64) "Any")
    (data (i32.const 128) "${RESPONSE}")
    (func (export "__guest_call") (param $operation i32) (param $length i32) (result i32)
      (local $left i32)
      (local.set $left (i32.const ${INNER}))
      (loop $again
        (if (i32.eqz (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const ${actor.length})
          (i32.const 64) (i32.const 3) (i32.const 2048) (i32.const ${SIZE}))) (then (unreachable)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))
      (call $response (i32.const 128) (i32.const ${length}))
      (i32.const 1)))`);
}

function assemble(text) {
  const module = binaryen.parseText(text);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** In the page: a worker that answers what it gets. */
const messages = (page) =>
  page.evaluate(`async () => {
    const worker = new Worker(URL.createObjectURL(new Blob(["onmessage = ({ data }) => postMessage(data)"])));
    const bytes = new Uint8Array(${SIZE});
    const trip = () => new Promise((resolve) => { worker.onmessage = resolve; worker.postMessage({ id: 1, bytes }); });
    const time = await (${P50})(trip, ${TRIPS});
    worker.terminate();
    return time;
  }`);

/** From the page to an actor; `per` calls in each. */
const calls = (page, actor, operation, per = 1) =>
  page.evaluate(`async () => {
    const bytes = new Uint8Array(${SIZE}).fill(97);
    const trip = () => window.wisteria.call("${actor}", "${operation}", bytes, { raw: true, deadline: 10000 });
    return (await (${P50})(trip, ${TRIPS / per})) / ${per};
  }`);

/** From here to a worker of the page and back, on a WebSocket. */
async function sockets(page) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(server, "listening");
  const connected = once(server, "connection");
  await page.evaluate(`() => {
    const script = "const socket = new WebSocket('ws://127.0.0.1:${server.address().port}'); socket.binaryType = 'arraybuffer'; socket.onmessage = ({ data }) => socket.send(data)";
    window.echo = new Worker(URL.createObjectURL(new Blob([script])));
  }`);
  const [socket] = await connected;
  const bytes = new Uint8Array(SIZE);
  const time = await p50(() => {
    const answer = once(socket, "message");
    socket.send(bytes);
    return answer;
  }, TRIPS);
  await page.evaluate("() => window.echo.terminate()");
  server.close();
  return time;
}

/** From an actor on the server to another one and back: a request by HTTP has the former make its calls. */
async function fromServer(address) {
  const [host, port] = address.split(":");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const trip = () =>
    new Promise((resolve, reject) => {
      const asked = httpRequest({ host, port, agent, path: "/a", method: "POST" }, async (response) => {
        const text = Buffer.concat(await response.toArray());
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
      asked.on("error", reject).end(Buffer.alloc(SIZE, 97));
    });
  try {
    return (await p50(trip, TRIPS / INNER)) / INNER;
  } finally {
    agent.destroy();
  }
}

/** From nothing to the first answer of an actor in a host of its own, in microseconds. */
const start = (page, bridge, module) =>
  page.evaluate(
    async ({ bridge, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const begun = performance.now();
      const host = await window.start({ bridge, allowUnsigned: true });
      const actor = await host.actors.start(bytes);
      await host.call(actor, "upper", new Uint8Array(64).fill(97), { raw: true });
      const time = performance.now() - begun;
      await host.stop();
      return time * 1000;
    },
    { bridge, base64: Buffer.from(module).toString("base64") },
  );

const options = ["--open", "--insecure", "--allow-origin", "*"];
const [server, browser] = await Promise.all([startServer({ lattice: "embedded", options }), unwatched.open()]);
const site = await serve({ "/wisteria/dist": packageFolder, "/": plainPage });
try {
  const page = await browser.page(site.url);
  await page.evaluate(async (bridge) => {
    window.wisteria = await window.start({ bridge, allowUnsigned: true });
  }, server.bridge);
  const tab = await joined(page);
  const bare = await tab.start(answering());
  const [caller, host] = [await tab.start(calling(bare)), await tab.server()];
  const address = await freeAddress();
  await tab.start(calling(bare), { host });
  await server.run("link", "put", caller, "httpserver", "wasmcloud:httpserver", `address=${address}`);
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    measured.push({
      messages: await messages(page),
      call: await calls(page, bare, "Any"),
      inner: await calls(page, caller, "Any", INNER),
      socket: await sockets(page),
      fromServer: await fromServer(address),
      start: await start(page, server.bridge, moduleBytes("wapc_upper")),
    });
  }
  const of = (name) => median(measured.map((round) => round[name]));
  const ratio = (one, other) => median(measured.map((round) => one(round) / other(round))).toFixed(2);
  const micros = (time) => `${time.toFixed(1)} µs`;
  console.log(`| ${SIZE} bytes each way, p50 | time | to the bare means |\n|---|---|---|`);
  console.log(`| bare postMessage, page → worker → page | ${micros(of("messages"))} | 1 |`);
  console.log(`| call, page → actor → page | ${micros(of("call"))} | ${ratio((round) => round.call, (round) => round.messages)} |`);
  console.log(`| call, actor → actor in the tab | ${micros(of("inner"))} | |`);
  console.log(`| bare WebSocket, here → worker → here | ${micros(of("socket"))} | 1 |`);
  console.log(`| call, server → actor in the tab → server | ${micros(of("fromServer"))} | ${ratio((round) => round.fromServer, (round) => round.socket)} |`);
  console.log(`| start of a host to the first answer of its actor | ${(of("start") / 1000).toFixed()} ms | |`);
} finally {
  await browser.close();
  site.stop();
  await server.stop();
}
