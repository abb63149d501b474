// The entry `wisteria/playground`: `<wisteria-playground manifest="…">`, the playground's canvas in anyone's page.

import "./browser.js";
import { WisteriaError } from "./error.js";
import type { Host, HostOptions } from "./host.js";

/**
 * Joins a lattice as a host and shows it on a canvas, which is loaded once such an element is in the page; one at a time.
 *
 * Attributes: `manifest`, the address of an application in YAML or JSON that is started and linked; `bridge`, the lattice's
 * address, by default that of the server the page came from; `lattice`, its name; `theme`, `light` or `dark`. Events: `ready`,
 * once the host has joined and the manifest runs; `error`, with the error as `detail`.
 */
export class WisteriaPlayground extends HTMLElement {
  /** How its host joins, beside what the attributes say: a token, labels, limits. To be set before it is in the page. */
  options: HostOptions = {};
  #embed: Promise<() => Promise<void>> | undefined;

  connectedCallback(): void {
    if (shown && shown !== this) return this.#fail(new WisteriaError("bad-request", "a page shows one <wisteria-playground>; remove the other first"));
    shown = this;
    this.dataset.theme = this.getAttribute("theme") ?? "system";
    this.#embed = this.#show();
    this.#embed.catch((thrown: unknown) => this.#fail(WisteriaError.from(thrown)));
  }

  disconnectedCallback(): void {
    if (shown !== this) return;
    shown = undefined;
    // What could not be shown has nothing to end.
    void this.#embed?.then((end) => end()).catch(() => {});
  }

  async #show() {
    const { mountEmbed } = await import("./playground/playground.js");
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.replaceChildren();
    const manifest = this.getAttribute("manifest");
    const bridge = this.getAttribute("bridge");
    const lattice = this.getAttribute("lattice");
    const host = {
      // Its samples are unsigned, and whatever runs here sees operations only.
      allowUnsigned: true,
      ...this.options,
      ...(bridge === null ? {} : { bridge }),
      ...(lattice === null ? {} : { lattice }),
    };
    return mountEmbed(root, {
      host,
      ...(manifest === null ? {} : { manifest: new URL(manifest, this.baseURI) }),
      ready: (host) => this.dispatchEvent(new CustomEvent<Host>("ready", { detail: host })),
      failed: (error) => this.#fail(error),
    });
  }

  #fail(error: WisteriaError): void {
    this.dispatchEvent(new CustomEvent("error", { detail: error }));
  }
}

/** The one that is shown. */
let shown: WisteriaPlayground | undefined;

if (!customElements.get("wisteria-playground")) customElements.define("wisteria-playground", WisteriaPlayground);
