// From a source to an actor that runs: compiled, taken through its unit tests, signed in this tab, and started or swapped in.

import { WisteriaError } from "wisteria";
import { start } from "../commands/actions";
import { hostsOf, type Version } from "../commands/commands";
import { run } from "../commands/log.svelte";
import { signModule } from "../lattice/client";
import { lattice } from "../lattice/state.svelte";
import { allProviders } from "../lattice/view";
import { addOwn, bytesOf, moduleOf, type ModuleEntry } from "../library/modules.svelte";
import { runTests } from "./bench";
import { code, type Stage } from "./code.svelte";
import { compile } from "./compile";
import { noteDeployed, sources } from "./kept-sources.svelte";
import type { Source } from "./sources";
import { contractsIn } from "./told";

/** Whether a deployment is on its way. */
function isDeploying(): boolean {
  return ["compiling", "testing", "deploying"].includes(code.stage.at);
}

/** A deployment that was asked for while another one was on its way. */
let next: { anyway: boolean } | undefined;

/**
 * Deploys the source that is open; while it does, what is asked for last is done next. Its unit tests run first, in an instance of its own away from the lattice: a version that
 * does not meet them is shown and not deployed, unless that is asked for by `anyway`.
 */
export async function deploy({ anyway = false } = {}): Promise<void> {
  const { source } = code;
  if (!source) return;
  if (isDeploying()) {
    next = { anyway };
    return;
  }
  await deployOnce(source, anyway);
  if (!next) return;
  const again = next;
  next = undefined;
  await deploy(again);
}

async function deployOnce(source: Source, anyway: boolean): Promise<void> {
  const began = performance.now();
  try {
    const module = await built(source);
    if (!module || !((await meetsTests(source, module)) || anyway)) return;
    show(source, { at: "deploying" });
    const revision = await rollOut(source, module);
    const milliseconds = performance.now() - began;
    show(source, revision ? { at: "deployed", revision, milliseconds } : { at: "idle" });
  } catch (thrown) {
    show(source, { at: "failed", message: WisteriaError.from(thrown).message });
  }
}

/**
 * Compiles and signs a source, for whoever starts it by other means, as a manifest that came with it; resolves with its entry
 * in the library. Rejects as `compile-failed` with the first error and its line.
 */
export async function moduleOfSource(source: Source): Promise<ModuleEntry> {
  const { module, problems } = await compile(source);
  if (!module) {
    const error = problems.find(({ severity }) => severity === "error");
    const where = `${source.name}, line ${error?.line ?? 1}`;
    throw new WisteriaError("compile-failed", `${where}: ${error?.message ?? "no module came out"}; mend it in the code area`);
  }
  const version = await signed(source, module);
  const entry = await addOwn(version.module, `${source.name}.wasm`);
  noteDeployed(source.name, entry.id, version);
  return entry;
}

async function built(source: Source): Promise<Uint8Array | undefined> {
  show(source, { at: "compiling" });
  const { module, problems } = await compile(source);
  if (code.open === source.name) Object.assign(code, { problems, ...(module ? { told: told(module) } : {}) });
  if (!module) show(source, { at: "refused", why: "errors" });
  return module;
}

function told(module: Uint8Array): string[] {
  return contractsIn(
    module,
    allProviders().map(({ contract }) => contract),
  );
}

async function meetsTests(source: Source, module: Uint8Array): Promise<boolean> {
  show(source, { at: "testing" });
  const outcomes = await runTests(module, source.tests);
  if (code.open === source.name) code.outcomes = outcomes;
  const areMet = outcomes.every(({ isMet }) => isMet);
  if (!areMet) show(source, { at: "refused", why: "tests" });
  return areMet;
}

/** Signs a module as the next version of its source. */
async function signed(source: Source, module: Uint8Array): Promise<Version> {
  const revision = (sources.all.find(({ name }) => name === source.name)?.revision ?? 0) + 1;
  const capabilities = [...new Set([...told(module), ...source.capabilities])].sort();
  const claims = { name: source.name, capabilities, revision, version: `${revision}` };
  return { module: await signModule(module, claims), text: source.text, revision };
}

/** Starts the actor, or swaps the version in where it runs; resolves with its revision, or with nothing where that failed. */
async function rollOut(source: Source, module: Uint8Array): Promise<number | undefined> {
  const to = await signed(source, module);
  const { name, actor } = source;
  if (actor && hostsOf(actor).length > 0) {
    const from = await versionOf(source, actor);
    return (await run({ kind: "update", actor, name, to, ...(from ? { from } : {}) })) ? to.revision : undefined;
  }
  const entry = await addOwn(to.module, `${name}.wasm`);
  noteDeployed(name, entry.id, to);
  return (await start(entry)) ? to.revision : undefined;
}

/** The version that runs, where this page has its module. */
async function versionOf(source: Source, actor: string): Promise<Version | undefined> {
  const entry = moduleOf(actor);
  const revision = Number(lattice.claims.find(({ sub }) => sub === actor)?.rev ?? source.revision);
  return entry && { module: await bytesOf(entry), text: source.deployed ?? source.text, revision };
}

function show(source: Source, stage: Stage): void {
  if (code.open === source.name) code.stage = stage;
}
