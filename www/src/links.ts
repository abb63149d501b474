// The links of the lattice, as a page has them put and deleted.

import type { Commanding } from "./commands.js";
import type { Link, LinkStatus, LinkValue } from "./types.js";
import type { Waiting } from "./waiting.js";

/** A link to put; the link name is `default` where none is given. */
export type PutLink = Pick<Link, "actor_id" | "provider_id" | "contract_id"> &
  Partial<Pick<Link, "link_name" | "values">>;

/** The links of the lattice. */
export class Links {
  readonly #commands: Commanding;

  constructor(commands: Commanding) {
    this.#commands = commands;
  }

  /**
   * Puts a link; resolves once the provider has accepted it, rejects with its reason. Where the provider runs on no
   * host yet, the link is pending until it does.
   */
  async put(link: PutLink, waiting: Waiting = {}): Promise<LinkStatus> {
    return (await this.#commands()).links.put(link, waiting);
  }

  /** Deletes a link; the actor's calls through it fail as `not-linked` from then on. */
  async del(actor: string, contract: string, linkName = "default", waiting: Waiting = {}): Promise<void> {
    await (await this.#commands()).links.del(actor, contract, linkName, waiting);
  }

  /** Whether a link can be used. Rejects as `not-linked` where there is none. */
  async status(actor: string, contract: string, linkName = "default", waiting: Waiting = {}): Promise<LinkStatus> {
    return (await this.#commands()).links.status(actor, contract, linkName, waiting);
  }

  /**
   * What a provider tells of the values that its links take, wherever it runs. Rejects as `provider-not-found` where it runs
   * nowhere, or does not tell.
   */
  async values(provider: string, waiting: Waiting = {}): Promise<LinkValue[]> {
    return (await this.#commands()).links.values(provider, waiting);
  }
}
