// Manifests by the package: what they plan, apply and export.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { modulePath } from "../browser/paths.mjs";
import { startForProjects } from "./lattice.mjs";
import { program, project } from "./packed.mjs";

describe("applications by their manifests", { timeout: 120_000 }, () => {
  let lattice, seen;

  before(async () => {
    lattice = await startForProjects();
    const folder = project("manifest");
    copyFileSync(modulePath("kv_counter"), `${folder}/counter.wasm`);
    writeFileSync(`${folder}/task.json`, JSON.stringify(lattice.task()));
    const printed = execFileSync(program("node/bin/node"), ["--unhandled-rejections=strict", `${folder}/main.mjs`], { encoding: "utf8" });
    seen = JSON.parse(printed.trim().split("\n").at(-1));
  });

  after(() => lattice?.stop());

  test("what is missing is planned, taken step by step, and nothing is left", () => {
    const { planned, taken, left, id } = seen;
    assert.deepEqual(planned[0], { step: "start-actor", component: "counter", host: id, max_instances: 2 });
    assert.deepEqual(planned.map(({ step }) => step), ["start-actor", "put-link"]);
    assert.deepEqual(taken.map(({ step }) => step), ["start-actor", "put-link"]);
    assert.match(taken[0].key, /^M/);
    assert.deepEqual(seen.answer, { counter: 1, key: "counter:hello" });
    assert.deepEqual(left, []);
  });

  test("a later revision of a module replaces the one that runs", () => {
    const { id, updated } = seen;
    const { key, steps, left, actor } = updated;
    assert.deepEqual(steps, [{ step: "update-actor", component: "counter", hosts: [id], revision: 2, key }]);
    assert.deepEqual(left, []);
    assert.deepEqual([actor.instances[0].revision, actor.instances[0].max_instances], [2, 2]);
  });

  test("what runs is exported as a manifest", () => {
    const { kind, metadata, spec } = seen.exported;
    assert.deepEqual([kind, metadata.name], ["Application", "mine"]);
    const actor = spec.components.find(({ properties }) => properties.image === seen.taken[0].key);
    assert.equal(actor.traits.find(({ type }) => type === "linkdef").properties.target, "keyvalue-memory");
  });

  test("what cannot be read, got or placed says where and why", () => {
    assert.equal(seen.wrong.code, "bad-request");
    assert.match(seen.wrong.message, /kind is Aplication; this reads Application alone/);
    assert.equal(seen.missing.code, "module-not-found");
    assert.match(seen.missing.message, /counter: the module none.wasm cannot be got/);
    assert.equal(seen.nowhere.code, "host-not-found");
    assert.match(seen.nowhere.message, /counter needs 1 host with role=nowhere, and 0 fit/);
  });
});
