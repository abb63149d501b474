// What is in the package, as tools see it that know what packages do wrong.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { filesIn, packaged, program, repository, tarball } from "./packed.mjs";

/** Runs a program of Node to its end. */
const check = (...args) => run(process.execPath, args, {});

/** Runs a program to its end; what it prints is the message where it fails. */
function run(command, args, options) {
  try {
    execFileSync(command, args, { encoding: "utf8", stdio: "pipe", ...options });
  } catch (error) {
    assert.fail(error.stdout + error.stderr);
  }
}

test("its entries are what they say (publint)", () => {
  check(program("publint/src/cli.js"), "run", tarball(), "--strict");
});

test("its types are found by whoever imports modules (are the types wrong)", () => {
  check(program("@arethetypeswrong/cli/dist/index.js"), tarball(), "--profile", "esm-only");
});

test("it has each WebAssembly once, and scripts name each in one place", () => {
  const { exports } = JSON.parse(readFileSync(packaged("package.json"), "utf8"));
  const wasm = filesIn(packaged(""), ".wasm").map(({ name }) => `./${name}`);
  const ofHosts = [exports["./host-wasmi.wasm"].default, exports["./host.wasm"].default];
  assert.deepEqual(wasm.sort(), [exports["./broker.wasm"].default, ...ofHosts, "./dist/manifests/manifests_bg.wasm"]);
  const naming = filesIn(packaged("dist"), ".js").filter(({ text }) => text().includes("_bg.wasm"));
  assert.deepEqual(naming.map(({ name }) => name).sort(), ["own-files.js", "planner.js", "tab-lattice.js"]);
});

test("no WebAssembly of another build fits its scripts", () => {
  const named = ["host/host", "host-wasmi/host", "broker/broker", "manifests/manifests"].map((path) => {
    const module = new WebAssembly.Module(readFileSync(packaged(`dist/${path}_bg.wasm`)));
    const names = new Set(WebAssembly.Module.imports(module).map(({ module }) => module));
    const [own, ...others] = [...names].filter((name) => /^[0-9a-f]{8}$/.test(name));
    assert.deepEqual(others, [], path);
    assert.ok(readFileSync(packaged(`dist/${path}.js`), "utf8").includes(own), path);
    return own;
  });
  assert.equal(new Set(named).size, named.length);
});

test("its scripts for pages know nothing of Node, and await nothing before they run", () => {
  const ofNode = /^(node|node-worker|node-websocket)\.js$/;
  for (const { name, text } of filesIn(packaged("dist"), ".js")) {
    if (!ofNode.test(name)) assert.doesNotMatch(text(), /["']node:/, name);
    if (!name.startsWith("inlined")) assert.doesNotMatch(text(), /^(export [^\n=]*= )?await\b/m, name);
  }
});

test("its reference is made from its types without a warning", () => {
  run("npm", ["run", "--silent", "docs", "-w", "www"], { cwd: repository });
});
