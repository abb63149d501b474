// How links of the lattice are put, asked about and deleted.

import { keyOf, KEEPER, type Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { LatticeCommands } from "./lattice-commands.js";
import type { PutLink } from "./links.js";
import type { Link, LinkStatus } from "./types.js";
import type { Waiting } from "./waiting.js";

/** Does what `host.links` is asked for. */
export class LinkCommands {
  readonly #control: Control;
  readonly #lattice: LatticeCommands;

  constructor(control: Control, lattice: LatticeCommands) {
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
}
