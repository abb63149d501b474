// The documented provider in Python, as actors and the command line see it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { freeAddress } from "../browser/http.mjs";
import { modulePath } from "../browser/paths.mjs";
import { end, start } from "../browser/processes.mjs";
import { startServer } from "../browser/server.mjs";
import { until } from "../browser/until.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const REQUEST = JSON.stringify({ method: "GET", path: "/visits", queryString: "", header: {}, body: "" });

for (const open of [true, false]) {
  describe(`a provider in Python ${open ? "on a lattice that is open" : "with credentials"}`, { timeout: 120_000 }, () => {
    let server, folder, url, way, program, provider, actor;

    const run = async (...args) => {
      const { code, stdout, stderr } = await server.cli(...args);
      assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
      return stdout.trim();
    };
    const fails = async (...args) => {
      const { code, stderr } = await server.cli(...args);
      assert.notEqual(code, 0, args.join(" "));
      return stderr;
    };
    const call = async (operation, argument) => run("call", actor, operation, argument);
    const count = async () => JSON.parse(JSON.parse(await call("HttpServer.HandleRequest", REQUEST)).body).counter;

    async function startProvider() {
      const args = [here("../../docs/examples/keyvalue_provider.py"), url, join(folder, "visits.db"), ...way];
      program = start(here("../../target/python/bin/python"), args);
      return until(() => {
        if (program.child.exitCode !== null) throw new Error(program.output);
        return /^V[A-Z2-7]{55}$/m.exec(program.output)?.[0];
      }, "the provider to run");
    }

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "wisteria-provider-"));
      const address = await freeAddress();
      url = `nats://${address}`;
      server = await startServer({ lattice: "embedded", options: ["--nats-listen", address, ...(open ? ["--open"] : [])] });
      way = [];
      if (!open) {
        const creds = join(folder, "provider.creds");
        const minted = JSON.parse(await run("token", "mint", "--role", "host", "--creds-file", creds, "-o", "json"));
        way = ["--creds", creds, "--user", minted.user];
      }
      provider = await startProvider();
      actor = await run("start", "actor", modulePath("kv_counter"));
    });

    after(async () => {
      if (program) await end(program);
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test("it refuses links that it does not serve, with its words", async () => {
      assert.match(await fails("link", "put", actor, provider, "wasmcloud:messaging"), /implements wasmcloud:keyvalue, not wasmcloud:messaging/);
      assert.match(await fails("link", "put", actor, provider, "wasmcloud:keyvalue", "URL=redis://a"), /knows no value `URL`/);
    });

    test("it tells that its links take no values", async () => {
      assert.equal(await run("link", "values", provider), "Its links take no values.");
    });

    test("an actor that is linked to it counts", async () => {
      await run("link", "put", actor, provider, "wasmcloud:keyvalue");
      assert.deepEqual([await count(), await count()], [1, 2]);
    });

    test("it has counted on when it is started again, under the same key and with its links", async () => {
      await end(program);
      assert.match(await fails("call", actor, "HttpServer.HandleRequest", REQUEST), /no host on the lattice runs the provider of wasmcloud:keyvalue/);
      assert.equal(await startProvider(), provider);
      assert.equal(await count(), 3);
    });

    test("an actor whose link is gone is not served", async () => {
      await run("link", "del", actor, "wasmcloud:keyvalue");
      assert.match(await fails("call", actor, "HttpServer.HandleRequest", REQUEST), /is not linked to wasmcloud:keyvalue/);
    });
  });
}
