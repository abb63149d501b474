// The links of the lattice, as a page puts and deletes them.

import { keyOf, KEEPER, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { Lattice } from "./lattice.js";
import type { Link, LinkStatus } from "./types.js";
import type { Waiting } from "./waiting.js";

/** A link to put; the link name is `default` where none is given. */
export type PutLink = Pick<Link, "actor_id" | "provider_id" | "contract_id"> &
  Partial<Pick<Link, "link_name" | "values">>;

/** The links of the lattice. */
export class Links {
  readonly #control: Control;
  readonly #lattice: Lattice;

  constructor(control: Control, lattice: Lattice) {
    this.#control = control;
    this.#lattice = lattice;
  }

  /**
   * Puts a link; resolves once the provider has accepted it, rejects with its reason. Where the provider runs on no
   * host yet, the link is pending until it does.
   */
  async put(link: PutLink, waiting: Waiting = {}): Promise<LinkStatus> {
    keyOf("M", link.actor_id);
    keyOf("V", link.provider_id);
    const whole = { link_name: "default", values: {}, ...link };
    const ack = await this.#control.command(this.#control.subject("linkdefs.put"), whole, KEEPER, waiting);
    // A keeper that names no status has accepted it.
    return ack.link_status ?? { state: "active" };
  }

  /** Deletes a link; the actor's calls through it fail as `not-linked` from then on. */
  async del(actor: string, contract: string, linkName = "default", waiting: Waiting = {}): Promise<void> {
    keyOf("M", actor);
    const link = { actor_id: actor, contract_id: contract, link_name: linkName };
    await this.#control.command(this.#control.subject("linkdefs.del"), link, KEEPER, waiting);
  }

  /** Whether a link can be used. Rejects as `not-linked` where there is none. */
  async status(actor: string, contract: string, linkName = "default", waiting: Waiting = {}): Promise<LinkStatus> {
    keyOf("M", actor);
    const links = await this.#lattice.links(waiting);
    const is = (one: Link) => one.actor_id === actor && one.contract_id === contract && one.link_name === linkName;
    const link = links.find(is);
    if (link) return link.status ?? { state: "active" };
    throw new WisteriaError("not-linked", `actor ${actor} is not linked to ${contract} under "${linkName}"; link it with host.links.put`);
  }
}
