// How links of the lattice are put, asked about and deleted, and providers asked what links may say.

import type { Bus } from "./bus.js";
import { keyOf, KEEPER, PATIENCE, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { LatticeCommands } from "./lattice-commands.js";
import type { PutLink } from "./links.js";
import type { Link, LinkStatus, LinkValue } from "./types.js";
import type { Waiting } from "./waiting.js";

/** The most values that a provider is heard to tell of; ours have fewer than thirty. */
const MOST_VALUES = 256;

/** Does what `host.links` is asked for. */
export class LinkCommands {
  readonly #bus: Bus;
  readonly #control: Control;
  readonly #lattice: LatticeCommands;

  constructor(bus: Bus, control: Control, lattice: LatticeCommands) {
    this.#bus = bus;
    this.#control = control;
    this.#lattice = lattice;
  }

  async put(link: PutLink, waiting: Waiting): Promise<LinkStatus> {
    keyOf("M", link.actor_id);
    keyOf("V", link.provider_id);
    const whole = { link_name: "default", values: {}, ...link };
    const ack = await this.#control.command(this.#control.subject("linkdefs.put"), whole, KEEPER, waiting);
    // A keeper that names no status has accepted it.
    return ack.link_status ?? { state: "active" };
  }

  async del(actor: string, contract: string, linkName: string, waiting: Waiting): Promise<void> {
    keyOf("M", actor);
    const link = { actor_id: actor, contract_id: contract, link_name: linkName };
    await this.#control.command(this.#control.subject("linkdefs.del"), link, KEEPER, waiting);
  }

  async status(actor: string, contract: string, linkName: string, waiting: Waiting): Promise<LinkStatus> {
    keyOf("M", actor);
    const links = await this.#lattice.links(waiting);
    const is = (one: Link) => one.actor_id === actor && one.contract_id === contract && one.link_name === linkName;
    const link = links.find(is);
    if (link) return link.status ?? { state: "active" };
    throw new WisteriaError("not-linked", `actor ${actor} is not linked to ${contract} under "${linkName}"; link it with host.links.put`);
  }

  async values(provider: string, waiting: Waiting): Promise<LinkValue[]> {
    keyOf("V", provider);
    const subject = `wasmbus.rpc.${this.#control.lattice}.${provider}.default.values`;
    try {
      const { payload } = await this.#bus.request(subject, undefined, { deadline: PATIENCE, ...waiting });
      return valuesOf(payload.values);
    } catch (thrown) {
      throw untold(provider, thrown);
    }
  }
}

/**
 * What is told in the form that it is to have. Whoever wrote the provider may tell anything: what has no name is passed over, and so is
 * a name that is told twice.
 */
function valuesOf(told: (Partial<Record<keyof LinkValue, unknown>> | null)[]): LinkValue[] {
  const values = new Map<string, LinkValue>();
  told.forEach((it) => {
    const name = textOf(it?.name);
    if (!it || name === "" || values.has(name) || values.size >= MOST_VALUES) return;
    values.set(name, {
      name,
      kind: (textOf(it.kind) || "text") as LinkValue["kind"],
      ...(typeof it.default === "string" ? { default: it.default } : {}),
      required: it.required === true,
      secret: it.secret === true,
      about: textOf(it.about),
      example: textOf(it.example),
    });
  });
  return [...values.values()];
}

const textOf = (told: unknown) => (typeof told === "string" ? told : "");

/** Why it is not known what links to a provider take. */
function untold(provider: string, cause: unknown): WisteriaError {
  const does = `provider ${provider} does not tell what its links take`;
  // What is no list of values cannot be gone through.
  if (cause instanceof TypeError) return new WisteriaError("bad-reply", `${does} in a form that can be read`, { cause });
  const error = WisteriaError.from(cause);
  if (error.code !== "no-responders") return error;
  return new WisteriaError("provider-not-found", `${does}: it runs on no host, or its author did not describe that; see host.lattice.inventory(host)`, { cause });
}
