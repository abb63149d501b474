// Signs modules, in the host's worker: the core says what, the browser's key signs it. Loaded when something is signed.

import type { Core } from "./core.js";
import { WisteriaError } from "./error.js";
import { randomSeed, type Keys } from "./keys.js";
import type { Account, SignClaims } from "./types.js";

/** What signing needs of the tab host. */
type Signer = Pick<Core, "keyOfSeed" | "signBySeed" | "claimsToSign" | "embedSignature">;

/** Signs in the name of this origin's account. */
export class Signing {
  readonly #core: Signer;
  readonly #keys: Keys;
  readonly #account: Account;

  constructor(core: Signer, keys: Keys, account: Account) {
    this.#account = account;
    this.#core = core;
    this.#keys = keys;
  }

  /** The module with these claims, signed; its key is that of earlier modules of this name. */
  async sign(module: Uint8Array, claims: SignClaims): Promise<Uint8Array> {
    const name: unknown = claims?.name;
    if (typeof name !== "string" || name === "") {
      throw new WisteriaError("bad-request", "the claims have no name, by which the actor keeps its key; give it one: { name: \"counter\" }");
    }
    const fresh = this.#core.keyOfSeed(true, randomSeed());
    // Nothing is kept for what can never be signed.
    this.#toSign(module, claims, fresh);
    const actor = await this.#actorKey(name, fresh);
    const text = this.#toSign(module, claims, actor);
    return this.#core.embedSignature(module, text, await this.#signature(text));
  }

  #toSign(module: Uint8Array, claims: SignClaims, actor: string): string {
    return this.#core.claimsToSign(module, claims, this.#account.key, actor);
  }

  /** An actor's public key is all that is needed of it: the account signs. */
  async #actorKey(name: string, fresh: string): Promise<string> {
    try {
      return await this.#keys.store.keep(`actor ${name}`, (kept) => typeof kept === "string", () => fresh);
    } catch (cause) {
      const why = WisteriaError.from(cause).message;
      const message = `the key of the actor "${name}" cannot be stored: ${why}; free space for this site in the browser, or start the host again`;
      throw new WisteriaError("store-failed", message, { cause });
    }
  }

  async #signature(text: string): Promise<Uint8Array> {
    const { account } = this.#keys;
    if ("seed" in account) return this.#core.signBySeed(account.seed, text);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", account.key, new TextEncoder().encode(text)));
  }
}
