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
import { filesIn, packaged, program, project } from "./packed.mjs";
import { enter } from "./scenario.mjs";
import { serve } from "./serve.mjs";

const run = promisify(execFile);

const VITES = [
  ["Vite 8", "vite/bin/vite.js"],
  ["Vite 7", "vite-7/bin/vite.js", "--config", "vite-7.config.js"],
];

/** Runs a program of Node in a project's folder, to its end. */
const build = (folder, ...args) => run(process.execPath, args, { cwd: folder, env: { ...process.env, ROOT: program("..") } });

describe("a page with a host", { timeout: 240_000 }, () => {
  let lattice, browser;

  before(async () => {
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
      await until(() => page.evaluate(() => typeof (window.start ?? window.enter) === "function"), "the page's script");
      const seen = await page.evaluate(
        `async (task) => {
          if (window.enter) return window.enter(task);
          const { host, seen } = await (${enter})(window.start, task);
          window.host = host;
          return seen;
        }`,
        { ...lattice.task(), options },
      );
      await lattice.confirm(seen, { engine, store });
      await page.evaluate(() => (window.leave ? window.leave() : window.host.stop()));
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

  /** Has Vite serve a project in development. */
  async function develop(folder, bin, ...config) {
    const port = (await freeAddress()).split(":")[1];
    const args = [program(bin), "--port", port, "--strictPort", "--host", "127.0.0.1", "--force", ...config];
    const vite = start(process.execPath, args, { cwd: folder });
    await until(() => vite.output.includes("ready in"), "Vite to serve");
    return { url: `http://127.0.0.1:${port}/`, stop: () => end(vite) };
  }

  /** What a page says of why it cannot start a host: code and message. */
  async function refusal(url) {
    const page = await browser.page(url);
    try {
      await until(() => page.evaluate(() => typeof window.start === "function"), "the page's script");
      return await page.evaluate(() => window.start({ bridge: "ws://127.0.0.1:1/lattice" }).catch(({ code, message }) => `${code}: ${message}`));
    } finally {
      await page.close();
    }
  }

  for (const [name, bin, ...config] of VITES) {
    test(`${name} builds it, and no part of a worker imports the worker's own script`, async () => {
      const folder = project("vite");
      await build(folder, program(bin), "build", "--logLevel", "warn", ...config);
      const scripts = filesIn(join(folder, "dist"), ".js");
      const [{ name: worker }] = scripts.filter(({ name }) => /\bworker-[^/]*\.js$/.test(name) && !/in-worker/.test(name));
      const importers = scripts.filter(({ name, text }) => name !== worker && new RegExp(`(from|import)\\s*\\(?["\`'][^"\`']*/${worker.split("/").at(-1)}`).test(text()));
      assert.deepEqual(importers.map(({ name }) => name), []);
      await useFolder({ "/": join(folder, "dist") });
    });

    test(`${name} serves it in development`, async () => {
      const folder = project("vite");
      const vite = await develop(folder, bin, ...config);
      try {
        await use(vite.url);
      } finally {
        await vite.stop();
      }
    });
  }

  test("no bundler is needed", async () => {
    await useFolder({ "/wisteria/": packaged(""), "/": project("plain") });
  });

  test("a part of the package that is not served is a failure by name", async () => {
    const refused = async (missing) => {
      const site = await serve({ "/wisteria/": packaged(""), "/": project("plain") }, { missing });
      try {
        return await refusal(site.url);
      } finally {
        site.stop();
      }
    };
    assert.match(await refused("host_bg.wasm"), /^wasm-unreachable: .*host_bg.wasm answers 404/);
    assert.match(await refused("worker.js"), /^worker-failed: .*could not be loaded/);
    assert.match(await refused("keys.js"), /^worker-failed: .*in-worker.js/);
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

  test("Vite 7 in development without its setting is told the setting", async () => {
    const vite = await develop(project("vite"), "vite-7/bin/vite.js");
    try {
      assert.match(await refusal(vite.url), /^wasm-invalid: .*optimizeDeps: \{ exclude: \["wisteria"\] \}/);
    } finally {
      await vite.stop();
    }
  });

  test("Next builds it into a client component", async () => {
    const folder = project("next");
    await build(folder, program("next/dist/bin/next"), "build");
    await useFolder({ "/": join(folder, "out") });
  });

  test("it lives on the page's own thread where it is told so", async () => {
    await useFolder({ "/wisteria/": packaged(""), "/": project("plain") }, { options: { worker: false }, store: "keyvalue-indexeddb" });
  });

  for (const [title, options] of [["a worker in a page's own worker", {}], ["a page's own worker", { worker: false }]]) {
    test(`it lives in ${title}`, async () => {
      const folder = project("own-worker");
      await build(folder, program("vite/bin/vite.js"), "build", "--logLevel", "warn");
      await useFolder({ "/": join(folder, "dist") }, { options });
    });
  }

  describe("under a content security policy", () => {
    let folder;

    before(async () => {
      folder = join(project("vite"), "dist");
      await build(join(folder, ".."), program("vite/bin/vite.js"), "build", "--logLevel", "warn");
    });

    test("needs 'wasm-unsafe-eval' beside 'self'", async () => {
      await useFolder({ "/": folder }, { policy: "script-src 'self' 'wasm-unsafe-eval'" });
    });

    test("says so where that is missing", async () => {
      const site = await serve({ "/": folder }, { policy: "script-src 'self'" });
      try {
        assert.match(await refusal(site.url), /^wasm-forbidden: .*'wasm-unsafe-eval'/);
      } finally {
        site.stop();
      }
    });
  });

  test("a page of one file has all that it needs, wherever it is opened from", async () => {
    const folder = project("inline");
    await build(folder, "build.mjs");
    await useFolder({ "/": folder });
    await use(`file://${folder}/index.html`, { store: "keyvalue-indexeddb" });
  });
});
