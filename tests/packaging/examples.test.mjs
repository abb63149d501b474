// The examples, built and used as their pages are: by what is to be seen and clicked.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as chromium from "../browser/chromium.mjs";
import { end, start } from "../browser/processes.mjs";
import { until } from "../browser/until.mjs";
import { startForProjects } from "./lattice.mjs";
import { nodeOfMachine, program, project } from "./packed.mjs";
import { serve } from "./serve.mjs";

describe("the example", { timeout: 120_000 }, () => {
  let lattice, browser;

  before(async () => {
    [lattice, browser] = await Promise.all([startForProjects(), chromium.open()]);
  });

  after(async () => {
    await browser?.close();
    await lattice?.stop();
  });

  /** Opens a page; resolves, once its actor runs, with the actor's key. */
  async function runningActor(page) {
    const state = () => page.evaluate(() => document.querySelector("#state")?.textContent);
    const actor = await until(async () => /^(M\w+) runs in/.exec(await state())?.[1], "the page to run its actor").catch(async (error) => {
      throw new Error(`${error.message}: ${await state()}\n${page.console.join("\n")}`);
    });
    return actor;
  }

  /** Visits twice by the button, has the server visit by a call, and visits again. */
  async function visit(page, actor) {
    const visits = () => page.evaluate(() => document.querySelector("output").textContent);
    const click = async (count) => {
      await page.evaluate(() => document.querySelector("button").click());
      await until(async () => (await visits()) === String(count), `visit ${count}`);
    };
    await click(1);
    await click(2);
    assert.equal(await lattice.visit(actor), 3);
    await click(4);
    assert.deepEqual(page.console.filter((line) => /^(error|warning)/.test(line)), []);
  }

  for (const name of ["vanilla", "react", "svelte"]) {
    test(`${name} counts in its tab, for the page and for others`, async () => {
      const folder = project(name, { example: true });
      const { module, bridge } = lattice.task();
      mkdirSync(join(folder, "public"), { recursive: true });
      writeFileSync(join(folder, "public/counter.wasm"), Buffer.from(module, "base64"));
      execFileSync(process.execPath, [program("vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: folder });
      const site = await serve({ "/": join(folder, "dist") });
      const page = await browser.page(`${site.url}?bridge=${bridge}`);
      try {
        await visit(page, await runningActor(page));
      } finally {
        await page.close();
        site.stop();
      }
    });
  }

  test("electron-like counts in a page of a file, under its policy", async () => {
    const folder = project("electron-like", { example: true });
    const { module, bridge } = lattice.task();
    execFileSync(program(".bin/esbuild"), ["app.js", "--bundle", "--minify", "--format=iife", "--outfile=app.bundle.js", "--log-level=error"], { cwd: folder });
    const page = await browser.page(`file://${folder}/index.html?bridge=${bridge}`);
    try {
      await until(() => page.evaluate(() => document.querySelector("#state").textContent.startsWith("joined")), "the page to join").catch((error) => {
        throw new Error(`${error.message}\n${page.console.join("\n")}`);
      });
      await page.evaluate((module) => {
        const files = new DataTransfer();
        files.items.add(new File([Uint8Array.from(atob(module), (character) => character.charCodeAt(0))], "counter.wasm"));
        const input = document.querySelector("input");
        input.files = files.files;
        input.dispatchEvent(new Event("change"));
      }, module);
      await visit(page, await runningActor(page));
    } finally {
      await page.close();
    }
  });

  test("node counts in Node, and leaves when told to", async () => {
    const folder = project("node", { example: true });
    const { module, bridge } = lattice.task();
    writeFileSync(join(folder, "counter.wasm"), Buffer.from(module, "base64"));
    const running = start(nodeOfMachine(), ["main.js", "counter.wasm", bridge], { cwd: folder });
    try {
      const actor = await until(() => /^(M\w+) runs on N/m.exec(running.output)?.[1], "the host in Node");
      assert.equal(await lattice.visit(actor), 1);
      assert.equal(await lattice.visit(actor), 2);
      running.child.kill("SIGTERM");
      await until(() => running.output.includes("left"), "the host to leave");
      assert.equal((await running.exited)[0], 0, running.output);
    } finally {
      await end(running);
    }
  });
});
