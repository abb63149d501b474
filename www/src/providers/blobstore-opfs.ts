// The provider `blobstore-opfs`: objects that outlive the tab, as files of its origin.

import type { Chunk } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { Answers, describe, type EndedLink, type Handler, type ProvidedLink, type ProviderCall } from "../provide.js";
import { sizeOf } from "./arguments.js";
import { BlobIndex, type Step } from "./blob-index.js";
import { Blobs, LinkedBlobs, operations } from "./blobs.js";
import { openJournal } from "./journal.js";
import type { CallActor, TabProvider } from "./mod.js";
import { openObjectFiles } from "./object-files.js";
import { Stores } from "./stores.js";

/** The name of the provider. */
export const BLOB_STORE = "blobstore-opfs";

const VALUES = {
  ROOT: { default: "blobs", about: "name of the store that has the containers; links that name the same one share it", example: "pictures" },
  MAX_OBJECT: { kind: "size", default: "1Gi", about: "how large an object may become", example: "64Mi" },
} as const;

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function blobStore(lattice: string): TabProvider {
  const stores = new Stores("ROOT", VALUES.ROOT.example, async (root) => {
    const path = `wisteria/${lattice}/blobstore/${root}`;
    const { journal, kept } = await openJournal<Step>("opfs", path);
    return Blobs.open(new BlobIndex(journal, kept), await openObjectFiles(`${path}/objects`));
  });
  const links = new Map<string, LinkedBlobs>();
  let begun: (call: CallActor) => void = () => {};
  // Links are told of before the host has said how to call.
  const calling = new Promise<CallActor>((resolve) => (begun = resolve));

  const link = async (link: ProvidedLink): Promise<void> => {
    await stores.link(link);
    const send = async (chunk: Chunk) => {
      const answer = await (await calling)(link.actor, "ChunkReceiver.ReceiveChunk", chunk, 0);
      return (answer as { cancelDownload?: boolean } | undefined)?.cancelDownload === true;
    };
    await links.get(keyOf(link))?.end();
    links.set(keyOf(link), new LinkedBlobs(() => stores.of(link), sizeOf(link.values.MAX_OBJECT), send));
  };
  const unlink = async (link: EndedLink): Promise<void> => {
    const linked = links.get(keyOf(link));
    links.delete(keyOf(link));
    await linked?.end();
  };
  const carryOut = (operation: (typeof operations)[number], argument: unknown, call: ProviderCall): Promise<unknown> => {
    const linked = links.get(keyOf(call));
    if (!linked) throw new WisteriaError("provider-failed", "the link has just ended; put it again");
    return linked.carryOut(operation, argument);
  };

  const options = { name: BLOB_STORE, title: "Objects that outlive the tab (files of the origin)", values: VALUES, link, unlink };
  const handlers = operations.map((operation): [string, Handler] => [operation, (argument, call) => carryOut(operation, argument, call)]);
  const description = describe("wasmcloud:blobstore", options);
  return { description, answers: new Answers(description.name, Object.fromEntries(handlers), options), begun };
}

const keyOf = ({ actor, linkName }: Pick<ProvidedLink, "actor" | "linkName">) => `${actor}/${linkName}`;
