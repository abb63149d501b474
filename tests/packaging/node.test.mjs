// The package in Node.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { start } from "../browser/processes.mjs";
import { until } from "../browser/until.mjs";
import { startForProjects } from "./lattice.mjs";
import { nodeOfMachine, packaged, program, project } from "./packed.mjs";

describe("a host in Node", { timeout: 120_000 }, () => {
  let lattice, folder;

  before(async () => {
    lattice = await startForProjects();
    folder = project("node");
  });

  after(() => lattice?.stop());

  /** Runs the project by a Node; resolves with what it saw and how to have it leave. */
  async function run(node, options) {
    const task = { ...lattice.task(), options };
    writeFileSync(`${folder}/task.json`, JSON.stringify(task));
    const running = start(node, [`${folder}/main.mjs`], { stdio: ["pipe", "pipe", "pipe"] });
    const line = await until(() => {
      const [, line] = /^(\{.*\})$/m.exec(running.output) ?? [];
      return line ?? (running.child.exitCode === null ? undefined : "ended");
    }, "the host in Node", 30_000);
    if (line === "ended") throw new Error(running.output);
    return {
      seen: JSON.parse(line),
      async leave() {
        running.child.stdin.end();
        const [code] = await running.exited;
        assert.equal(code, 0, running.output);
      },
    };
  }

  for (const [title, options] of [["in a worker thread", {}], ["on the main thread", { worker: false }]]) {
    test(`Node 24 runs modules at full speed, ${title}, and ends by itself`, async () => {
      const { seen, leave } = await run(program("node/bin/node"), options);
      await lattice.confirm(seen, { engine: "jspi", store: "keyvalue-memory" });
      await leave();
    });

    test(`Node of this machine falls back to the interpreter where it must, ${title}`, async () => {
      const node = nodeOfMachine();
      const { seen, leave } = await run(node, options);
      const canSuspend = Number(execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".")[0]) >= 24;
      await lattice.confirm(seen, { engine: canSuspend ? "jspi" : "wasmi", store: "keyvalue-memory" });
      await leave();
    });
  }

  test("a Node without WebSockets is told what to install", () => {
    // Away from the packages of the tests, one of which is `ws`.
    const alone = mkdtempSync(join(tmpdir(), "wisteria-alone-"));
    try {
      cpSync(packaged(""), join(alone, "node_modules/wisteria"), { recursive: true });
      const script = `
        import { Host } from "wisteria";
        // Worker threads of later versions have WebSockets whatever the main thread was started with.
        for (const worker of parseInt(process.versions.node) < 22 ? [false, true] : [false]) {
          await Host.start({ worker, bridge: "ws://127.0.0.1:1/lattice" }).catch(({ code, message }) => console.log(code, message));
        }`;
      const flags = ["--no-warnings", "--no-experimental-websocket", "--input-type=module", "-e", script];
      const printed = execFileSync(nodeOfMachine(), flags, { cwd: alone, encoding: "utf8" });
      assert.match(printed, /^(unsupported .*npm install ws.*\n)+$/);
    } finally {
      rmSync(alone, { recursive: true });
    }
  });
});
