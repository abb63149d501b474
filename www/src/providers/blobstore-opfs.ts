// The provider `blobstore-opfs`: objects that outlive the tab, as files of its origin.

import type { Chunk } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { Answers, type Answering, type EndedLink, type Handler, type ProvidedLink, type ProviderCall } from "../provide.js";
import { sizeOf } from "./arguments.js";
import { BlobIndex, type Step } from "./blob-index.js";
import { Blobs, LinkedBlobs, operations } from "./blobs.js";
import { withValues } from "./calling.js";
import { BLOBS, blobsDescription } from "./descriptions.js";
import { openJournal } from "./journal.js";
import type { CallActor } from "./lazy.js";
import { openObjectFiles } from "./object-files.js";
import { Stores } from "./stores.js";

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function blobStore(lattice: string, call: CallActor): Answering {
  const stores = new Stores("ROOT", BLOBS.ROOT.example, async (root) => {
    const path = `wisteria/${lattice}/blobstore/${root}`;
    const { journal, kept } = await openJournal<Step>("opfs", path);
    return Blobs.open(new BlobIndex(journal, kept), await openObjectFiles(`${path}/objects`));
  });
  const links = new Map<string, LinkedBlobs>();
  const callActor = withValues(call);

  const link = async (link: ProvidedLink): Promise<void> => {
    await stores.link(link);
    const send = async (chunk: Chunk) => {
      const answer = await callActor(link.actor, "ChunkReceiver.ReceiveChunk", chunk, 0);
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

  const options = { link, unlink };
  const handlers = operations.map((operation): [string, Handler] => [operation, (argument, call) => carryOut(operation, argument, call)]);
  return new Answers(blobsDescription.name, Object.fromEntries(handlers), options);
}

const keyOf = ({ actor, linkName }: Pick<ProvidedLink, "actor" | "linkName">) => `${actor}/${linkName}`;
