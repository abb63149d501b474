// The manifest that an embed shows: got from its address, and applied.

import { WisteriaError } from "wisteria";
import { applyManifest } from "../lattice/client";
import { parseManifest } from "../manifest/text";

/** Gets a manifest, in YAML or JSON, and starts and links what it names; images are read from beside it. */
export async function applyFrom(address: URL): Promise<void> {
  await applyManifest(await read(address), address);
}

async function read(address: URL): Promise<unknown> {
  const response = await fetch(address).catch((cause: unknown) => {
    throw notFound(address, WisteriaError.from(cause).message, cause);
  });
  if (!response.ok) throw notFound(address, `the server answers ${response.status}`);
  return parseManifest(await response.text(), `the manifest ${address.href}`);
}

function notFound(address: URL, why: string, cause?: unknown): WisteriaError {
  return new WisteriaError("manifest-not-found", `the manifest ${address.href} cannot be got: ${why}; check the attribute manifest`, { cause });
}
