// What is to be done so that the lattice runs a manifest, and doing it: step by step, each a command of the log.

import { WisteriaError } from "wisteria";
import type { Manifest, Step } from "wisteria/manifests";
import { boundsOf, type Command } from "../commands/commands";
import { carryOut } from "../commands/log.svelte";
import { applications, runningModule } from "../lattice/client";
import { shortContract } from "../lattice/contracts";
import { lattice } from "../lattice/state.svelte";
import { nameOfHost } from "../lattice/view";
import { addOwn, bytesOf, type ModuleEntry } from "../library/modules.svelte";
import { stageName } from "../stage/name";
import { putUp } from "../stage/stage.svelte";
import { actorsOf, moduleOfImage, STAGE, withCapabilities, withImages, type Carried } from "./images";

/** A step as people see it. */
export interface PlannedStep {
  words: string;
  state: "waiting" | "doing" | "done" | "failed";
  step: Step;
}

/** What went wrong. */
export interface Failure {
  code: string;
  /** Cause and remedy. */
  message: string;
}

/** What a manifest came with, and what it may ask for. */
export interface PlanOptions {
  carried?: Carried;
  /** Modules that were made of sources that came along, by image. */
  written?: ReadonlyMap<string, ModuleEntry>;
  /** Whether modules are fetched from the addresses that it names. */
  elsewhere?: boolean;
}

/** The plan of a manifest. */
export class ManifestPlan {
  steps = $state.raw<PlannedStep[]>([]);
  status = $state<"reading" | "ready" | "applying" | "done" | "failed">("reading");
  failure = $state.raw<Failure | undefined>(undefined);
  /** The manifest as it is understood; nothing until it was read. */
  manifest = $state.raw<Manifest | undefined>(undefined);
  readonly #given: unknown;
  readonly #options: PlanOptions;
  /** The modules of the actors by their images. */
  #modules = new Map<string, ModuleEntry>();
  /** The keys of the actors by component, as far as they are known. */
  readonly #actors = new Map<string, string>();

  constructor(manifest: unknown, options: PlanOptions = {}) {
    this.#given = manifest;
    this.#options = options;
  }

  /** Reads the manifest, gets its modules, and finds out what is missing. What is wrong is in `failure`. */
  async read(): Promise<void> {
    await this.#try("ready", async () => {
      this.status = "reading";
      const known = await applications();
      const manifest = await onStage(await known.read(this.#given));
      this.manifest = manifest;
      const images = actorsOf(manifest).map(({ properties }) => properties.image);
      const { carried = new Map(), written, elsewhere = false } = this.#options;
      const moduleOf = (image: string) => written?.get(image) ?? moduleOfImage(image, carried, elsewhere);
      const got = images.map(async (image) => [image, await moduleOf(image)] as const);
      this.#modules = new Map(await Promise.all(got));
      for (const { name, properties } of actorsOf(manifest)) this.#actors.set(name, this.#moduleOf(properties.image).id);
      const steps = await known.plan(this.#asked(manifest), { module: (image) => bytesOf(this.#moduleOf(image.slice(ASKED.length))) });
      this.steps = steps.map((step) => ({ step, words: this.#wordsOf(step), state: "waiting" }));
    });
  }

  /** Takes all steps. After a failure, what is missing is found out anew, and taken. */
  async apply(): Promise<void> {
    if (this.status === "failed") await this.read();
    if (this.status !== "ready") return;
    await this.#try("done", async () => {
      this.status = "applying";
      for (const [at, { step }] of this.steps.entries()) {
        this.#mark(at, "doing");
        await this.#take(step).catch((thrown: unknown) => {
          this.#mark(at, "failed");
          throw thrown;
        });
        this.#mark(at, "done");
      }
    });
  }

  /** The key of an actor of the manifest, by its component. */
  actor(component: string): string | undefined {
    return this.#actors.get(component);
  }

  async #take(step: Step): Promise<void> {
    const command = await this.#commandOf(step);
    await carryOut(command);
    if (command.kind !== "start" || step.step !== "start-actor") return;
    if (command.actor) this.#actors.set(step.component, command.actor);
    // What a manifest brought along can be started again from the library.
    if (command.module.source === "own") await addOwn(await bytesOf(command.module), `${command.module.name}.wasm`);
  }

  async #commandOf(step: Step): Promise<Command> {
    if (step.step === "start-provider") {
      const { name, host, link_name: linkName } = step;
      const shares = step.is_shared ? await this.#provider(step.component) : null;
      return { kind: "start-provider", name, host, linkName, ...(shares === null ? {} : { shares }) };
    }
    if (step.step === "update-actor") {
      const entry = this.#moduleOfComponent(step.component);
      const { id: actor, name } = entry;
      // Without what runs now the update cannot be undone, and is made all the same.
      const [module, before] = await Promise.all([bytesOf(entry), runningModule(actor).catch(() => undefined)]);
      const revision = Number(lattice.claims.find(({ sub }) => sub === actor)?.rev ?? 0);
      const from = before && { module: before, revision };
      return { kind: "update", actor, name, to: { module, revision: step.revision }, ...(from ? { from } : {}) };
    }
    if (step.step === "start-actor") {
      const module = this.#moduleOfComponent(step.component);
      return { kind: "start", module, host: step.host, bounds: { maxInstances: step.max_instances } };
    }
    const provider_id = await this.#provider(step.provider);
    if (provider_id === null) {
      throw new WisteriaError("provider-unavailable", `no provider runs for ${step.provider}; start one, and apply again`);
    }
    const { contract: contract_id, link_name, values } = step;
    return { kind: "put-link", link: { actor_id: this.#actors.get(step.actor) ?? "", provider_id, contract_id, link_name, values } };
  }

  async #provider(component: string): Promise<string | null> {
    return (await applications()).provider(this.#asked(this.manifest as Manifest), component);
  }

  /** The manifest with modules that this page has named so that they are asked of it. */
  #asked(manifest: Manifest): Manifest {
    return withImages(manifest, (image) => (this.#moduleOf(image).source === "lattice" ? image : ASKED + image));
  }

  #moduleOf(image: string): ModuleEntry {
    return this.#modules.get(image) as ModuleEntry;
  }

  #moduleOfComponent(component: string): ModuleEntry {
    const actor = actorsOf(this.manifest as Manifest).find(({ name }) => name === component);
    return this.#moduleOf(actor?.properties.image ?? "");
  }

  #wordsOf(step: Step): string {
    if (step.step === "start-provider") return `Start provider ${step.name} on ${nameOfHost(step.host)}`;
    if (step.step === "put-link") return `Link ${step.actor} and ${step.provider} for ${shortContract(step.contract)}`;
    if (step.step === "update-actor") return `Update ${step.component} to revision ${step.revision}`;
    const { component, host, max_instances } = step;
    const calls = max_instances === 1 ? "one call" : `${max_instances} calls`;
    const runs = boundsOf(this.#actors.get(component) ?? "", host) !== undefined;
    return runs
      ? `Have ${component} handle ${calls} at once on ${nameOfHost(host)}`
      : `Start ${component} on ${nameOfHost(host)}, for ${calls} at once`;
  }

  #mark(at: number, state: PlannedStep["state"]): void {
    this.steps = this.steps.map((one, index) => (index === at ? { ...one, state } : one));
  }

  async #try(then: "ready" | "done", work: () => Promise<void>): Promise<void> {
    this.failure = undefined;
    try {
      await work();
      this.status = then;
    } catch (thrown) {
      const { code, message } = WisteriaError.from(thrown);
      this.failure = { code, message };
      this.status = "failed";
    }
  }
}

/** The manifest for this tab: where actors show something, its stage is put up. */
async function onStage(manifest: Manifest): Promise<Manifest> {
  const shows = manifest.spec.components.some(({ type, properties }) => type === "capability" && properties.image === STAGE);
  if (!shows) return manifest;
  await putUp();
  return withCapabilities(manifest, (image) => (image === STAGE ? stageName() : image));
}

/** What stands before images that are asked of this page. */
const ASKED = "module:";
