// The playground's canvas, built from the Svelte sources into `dist/playground/`.

import type { WisteriaError } from "../error.js";
import type { Host, HostOptions } from "../host.js";

/** What an embed is made of. */
export interface EmbedOptions {
  host: HostOptions;
  manifest?: URL;
  /** The host has joined, and the manifest has been applied. */
  ready(host: Host): void;
  /** Either failed; people may try again. */
  failed(error: WisteriaError): void;
}

/** Shows the canvas in a shadow root. Returns what has its host leave and takes the canvas away. */
export function mountEmbed(root: ShadowRoot, options: EmbedOptions): () => Promise<void>;
