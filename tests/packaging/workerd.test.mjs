// The package in workerd, where no WebAssembly may be compiled and no worker be started.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { end, start } from "../browser/processes.mjs";
import { until } from "../browser/until.mjs";
import { startForProjects } from "./lattice.mjs";
import { program, project } from "./packed.mjs";

describe("a host in workerd", { timeout: 60_000 }, () => {
  let lattice, workerd, url;

  before(async () => {
    lattice = await startForProjects();
    const folder = project("workerd");
    execFileSync(process.execPath, ["build.mjs"], { cwd: folder });
    workerd = start(program("workerd/bin/workerd"), ["serve", "config.capnp", "--control-fd=1"], { cwd: folder });
    const port = await until(() => /"event":"listen".*"port":(\d+)/.exec(workerd.output)?.[1], "workerd to listen");
    url = `http://127.0.0.1:${port}/`;
  });

  after(async () => {
    if (workerd) await end(workerd);
    await lattice?.stop();
  });

  test("is refused by name before it is given its module", async () => {
    assert.match(await (await fetch(`${url}uninitialised`)).text(), /^not-initialised: .*await init\(module\)/);
  });

  test("runs actors by the interpreter, and is called", async () => {
    const leaving = new AbortController();
    const response = await fetch(url, { method: "POST", body: JSON.stringify(lattice.task()), signal: leaving.signal });
    const { value } = await response.body.getReader().read();
    const seen = JSON.parse(new TextDecoder().decode(value));
    assert.equal(seen.failed, undefined);
    await lattice.confirm(seen, { engine: "wasmi", store: "keyvalue-memory" });
    leaving.abort();
    assert.doesNotMatch(workerd.output, /[Uu]ncaught|rejection/);
  });
});
