// How the tab host's WebAssembly is got, and what is said where that fails.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { enter } from "../dist/surroundings.js";
import { compile } from "../dist/wasm.js";

const bytes = readFileSync(new URL("../dist/host-wasmi/host_bg.wasm", import.meta.url));
/** The smallest module there is. */
const foreign = Buffer.from("\0asm\x01\0\0\0", "latin1");

/** The package before its first use. */
let copies = 0;
const fresh = () => import(`../dist/init.js?copy=${copies++}`);

describe("WebAssembly of a server", () => {
  const files = {
    "/host.wasm": ["application/wasm", bytes],
    "/mistyped.wasm": ["application/octet-stream", bytes],
    "/page.wasm": ["text/html", Buffer.from("\uFEFF \n<!doctype html><title>page</title>")],
    "/truncated.wasm": ["application/wasm", bytes.subarray(0, 5000)],
    "/foreign.wasm": ["application/wasm", foreign],
    "/text.wasm": ["application/octet-stream", Buffer.from("version https://git-lfs.github.com/spec/v1")],
  };
  let server, at;

  before(async () => {
    server = createServer(({ url }, response) => {
      const [type, content] = files[url] ?? [];
      if (!content) return response.writeHead(404, { "content-type": "text/html" }).end("<h1>no</h1>");
      response.setHeader("content-type", type).end(content);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    at = (path) => `http://127.0.0.1:${server.address().port}${path}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test("is compiled from an address, a response, and the promise of one", async () => {
    for (const source of [at("/host.wasm"), new URL(at("/host.wasm")), await fetch(at("/host.wasm")), fetch(at("/host.wasm"))]) {
      assert.ok((await compile(source, fetch)) instanceof WebAssembly.Module);
    }
  });

  test("is taken under another type, with a warning that names the right one", async (context) => {
    const warn = context.mock.method(console, "warn", () => {});
    assert.ok((await compile(at("/mistyped.wasm"), fetch)) instanceof WebAssembly.Module);
    assert.match(warn.mock.calls[0].arguments[0], /octet-stream.*application\/wasm/);
  });

  test("is refused by name where it is a page, missing, truncated, another's, or no module", async () => {
    const refused = (path, code, message) => assert.rejects(compile(at(path), fetch), { name: "UnsupportedError", code, message });
    await refused("/page.wasm", "wasm-invalid", /optimizeDeps: \{ exclude: \["wisteria"\] \}/);
    await refused("/missing.wasm", "wasm-unreachable", /answers 404/);
    await refused("/truncated.wasm", "wasm-invalid", /in full/);
    await refused("/foreign.wasm", "wasm-invalid", /not the host of this package/);
    await refused("/text.wasm", "wasm-invalid", /not WebAssembly \(42 bytes\).*application\/wasm/);
  });

  test("is refused by name where its server is away", async () => {
    await assert.rejects(compile("http://127.0.0.1:1/host.wasm", fetch), { code: "wasm-unreachable", message: /cannot be got/ });
  });

  test("is compiled from bytes, or is the module itself", async () => {
    const module = await compile(bytes, fetch);
    assert.equal(await compile(module, fetch), module);
    const { buffer } = new Uint8Array(bytes);
    assert.ok((await compile(buffer, fetch)) instanceof WebAssembly.Module);
    await assert.rejects(compile(new WebAssembly.Module(foreign), fetch), { code: "wasm-invalid" });
  });

  test("is got once: concurrent and later calls have the promise of the first", async () => {
    const { init, initialised } = await fresh();
    const source = fetch(at("/host.wasm"));
    const first = init(source);
    assert.equal(init(source), first);
    assert.equal(init(), first);
    await first;
    assert.equal(init(), first);
    assert.ok((await initialised()) instanceof WebAssembly.Module);
    await assert.rejects(init(at("/other.wasm")), { code: "already-initialised" });
  });

  test("may be tried again after a failure", async () => {
    const { init } = await fresh();
    await assert.rejects(init(at("/missing.wasm")), { code: "wasm-unreachable" });
    await init(at("/host.wasm"));
  });
});

test("where the package has no file of its own, init says what to give it", async () => {
  const { init } = await fresh();
  enter({});
  await assert.rejects(init(), { code: "not-initialised", message: /await init\(module\)/ });
  await init(bytes);
});
