// The package in pages, built by what people build pages with.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as chromium from "../browser/chromium.mjs";
import { freeAddress } from "../browser/http.mjs";
import { end, start } from "../browser/processes.mjs";
import { until } from "../browser/until.mjs";
import { startForProjects } from "./lattice.mjs";
import { filesIn, install, packaged, program, project } from "./packed.mjs";
import { enter } from "./scenario.mjs";
import { serve } from "./serve.mjs";

const run = promisify(execFile);

/** Runs a program of Node in a project's folder, to its end. */
const build = (folder, ...args) => run(process.execPath, args, { cwd: folder });

describe("a page with a host", { timeout: 240_000 }, () => {
  let lattice, browser;

  before(async () => {
    install();
    [lattice, browser] = await Promise.all([startForProjects(), chromium.open()]);
  });

  after(async () => {
    await browser?.close();
    await lattice?.stop();
  });

  /** Opens a page and has it join, work, be called, and leave. Nothing may be thrown that nobody catches. */
  async function use(url, { engine = "jspi", store = "keyvalue-opfs", options = {} } = {}) {
    const page = await browser.page(url);
    try {
      await until(() => page.evaluate(() => typeof window.start === "function"), "the page's script");
      const seen = await page.evaluate(
        `async (task) => {
          const { host, seen } = await (${enter})(window.start, task);
          window.host = host;
          return seen;
        }`,
        { ...lattice.task(), options },
      );
      await lattice.confirm(seen, { engine, store });
      await page.evaluate(() => window.host.stop());
      assert.deepEqual(page.console.filter((line) => /^(error|warning)/.test(line)), []);
    } catch (error) {
      error.message += `\n${page.console.join("\n")}`;
      throw error;
    } finally {
      await page.close();
    }
  }

  /** The same for a folder, which is served meanwhile. */
  async function useFolder(folders, more = {}) {
    const site = await serve(folders, more);
    try {
      await use(site.url, more);
    } finally {
      site.stop();
    }
  }

  for (const [name, bin] of [["Vite 8", "vite/bin/vite.js"], ["Vite 7", "vite-7/bin/vite.js"]]) {
    test(`${name} builds it, and no part of a worker imports the worker's own script`, async () => {
      const folder = project("vite");
      await build(folder, program(bin), "build", "--logLevel", "warn");
      const scripts = filesIn(join(folder, "dist"), ".js");
      const [{ name: worker }] = scripts.filter(({ name }) => /\bworker-[^/]*\.js$/.test(name) && !/in-worker/.test(name));
      const importers = scripts.filter(({ name, text }) => name !== worker && new RegExp(`(from|import)\\s*\\(?["\`'][^"\`']*/${worker.split("/").at(-1)}`).test(text()));
      assert.deepEqual(importers.map(({ name }) => name), []);
      await useFolder({ "/": join(folder, "dist") });
    });

    test(`${name} serves it in development`, async () => {
      const folder = project("vite");
      const port = (await freeAddress()).split(":")[1];
      const vite = start(process.execPath, [program(bin), folder, "--port", port, "--strictPort", "--host", "127.0.0.1", "--force"]);
      try {
        await until(() => vite.output.includes("ready in"), "Vite to serve");
        await use(`http://127.0.0.1:${port}/`);
      } finally {
        await end(vite);
      }
    });
  }

  test("no bundler is needed", async () => {
    await useFolder({ "/wisteria/": packaged(""), "/": project("plain") });
  });

  test("webpack builds it", async () => {
    const folder = project("webpack");
    await build(folder, "build.mjs");
    cpSync(join(folder, "index.html"), join(folder, "dist/index.html"));
    await useFolder({ "/": join(folder, "dist") });
  });

  test("esbuild builds it", async () => {
    const folder = project("esbuild");
    await build(folder, "build.mjs");
    cpSync(join(folder, "index.html"), join(folder, "dist/index.html"));
    await useFolder({ "/": join(folder, "dist") });
  });

  test("Rollup builds it", async () => {
    const folder = project("rollup");
    await build(folder, program("rollup/dist/bin/rollup"), "-c", "--silent");
    cpSync(join(folder, "index.html"), join(folder, "dist/index.html"));
    await useFolder({ "/": join(folder, "dist") });
  });
});
