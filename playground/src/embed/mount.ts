// What `wisteria/playground` loads: the canvas in a shadow root, with the styles that belong to it.

import { mount, unmount } from "svelte";
import { WisteriaError, type Host, type HostOptions } from "wisteria";
import { joinedHost, leave } from "../lattice/client";
import { showFailure } from "../ui/notices.svelte";
import { applyFrom } from "./manifest";
import Embed from "./Embed.svelte";
import "../tokens.css";
import "../base.css";

/** The build puts the styles in its place. */
const STYLES = "wisteria:styles";

/** What an embed is made of. */
export interface EmbedOptions {
  /** How its host joins. */
  host: HostOptions;
  /** Where its manifest is. */
  manifest?: URL;
  /** The host has joined, and the manifest has been applied. */
  ready(host: Host): void;
  /** Either failed; people may try again. */
  failed(error: WisteriaError): void;
}

/** Shows the canvas in a shadow root. Returns what has its host leave and takes the canvas away. */
export function mountEmbed(root: ShadowRoot, { host, manifest, ready, failed }: EmbedOptions): () => Promise<void> {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  const find = () => Promise.resolve({ options: host, lattice: host.lattice ?? "default", bridge: String(host.bridge ?? location.origin) });
  const joined = async () => {
    try {
      if (manifest) await applyFrom(manifest);
      ready(joinedHost());
    } catch (thrown) {
      showFailure("The manifest could not be applied", thrown);
      failed(WisteriaError.from(thrown));
    }
  };
  const component = mount(Embed, { target: root, props: { find, joined, failed } });
  return async () => {
    await unmount(component);
    await leave();
  };
}
