// The providers `eventstreams-opfs` and `eventstreams-indexeddb`: event streams that outlive the tab.

import { WisteriaError } from "../error.js";
import { Answers, type Answering, type EndedLink, type Handler, type ProvidedLink, type ProviderCall } from "../provide.js";
import { millisOf, sizeOf } from "./arguments.js";
import { withValues } from "./calling.js";
import { Deliveries } from "./deliveries.js";
import { EVENT_STREAMS, eventStreamsDescription, type Keeping } from "./descriptions.js";
import { EventStore, operations, type LinkView, type Retention, type Step } from "./eventstreams.js";
import { openJournal } from "./journal.js";
import type { CallActor } from "./lazy.js";
import { Stores } from "./stores.js";

/** How long an actor may take for an event, in milliseconds. */
const DELIVERY = 10_000;

interface Linked {
  link: ProvidedLink;
  view: LinkView;
  deliveries: Deliveries;
}

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function eventStreams(lattice: string, where: Keeping, call: CallActor): Answering {
  const stores = new Stores("FILE", EVENT_STREAMS.FILE.example, async (file) => {
    const { journal, kept } = await openJournal<Step>(where, `wisteria/${lattice}/eventstreams/${file}`);
    return new EventStore(journal, kept);
  });
  const links = new Map<string, Linked>();
  const callActor = withValues(call);

  const link = async (link: ProvidedLink): Promise<void> => {
    const { actor, values } = link;
    const owner = ownerOf(link);
    const view = { owner, retention: retentionOf(values) };
    await stores.link(link);
    const before = links.get(owner)?.deliveries.end();
    const tell = (delivery: unknown) => callActor(actor, "EventSubscriber.HandleEvent", delivery, DELIVERY);
    const deliveries = new Deliveries(view, tell, before);
    links.set(owner, { link, view, deliveries });
    void deliveries.begin(() => stores.of(link));
  };
  const unlink = async (link: EndedLink): Promise<void> => {
    const owner = ownerOf(link);
    const linked = links.get(owner);
    if (!linked) return;
    links.delete(owner);
    await linked.deliveries.end();
    if (link.isDeleted) await (await stores.of(linked.link)).forget(owner);
  };
  const carryOut = async (operation: (typeof operations)[number], argument: unknown, call: ProviderCall): Promise<unknown> => {
    const linked = links.get(ownerOf(call));
    if (!linked) throw new WisteriaError("provider-failed", "the link has just ended; put it again");
    const store = await stores.of(call);
    const reply = await store.carryOut(operation, argument, linked.view);
    if (operation === "EventStreams.Subscribe") void linked.deliveries.begin(async () => store);
    return reply;
  };

  const options = { link, unlink };
  const handlers = operations.map((operation): [string, Handler] => [operation, (argument, call) => carryOut(operation, argument, call)]);
  return new Answers(eventStreamsDescription(where).name, Object.fromEntries(handlers), options);
}

const ownerOf = ({ actor, linkName }: Pick<ProvidedLink, "actor" | "linkName">) => `${actor}/${linkName}`;

/** What a link says of how much is kept, none of which may be 0. */
function retentionOf({ MAX_EVENTS, MAX_BYTES, MAX_AGE }: ProvidedLink["values"]): Retention {
  const said = { MAX_EVENTS: sizeOf(MAX_EVENTS ?? "1"), MAX_BYTES: sizeOf(MAX_BYTES ?? "1"), MAX_AGE: millisOf(MAX_AGE ?? "1s") };
  for (const [name, amount] of Object.entries(said)) {
    const { example } = EVENT_STREAMS[name as keyof typeof said];
    if (amount === 0) throw new Error(`\`${name}\` of 0 would keep nothing; write it as ${name}=${example}, or leave it out to keep all`);
  }
  return {
    ...(MAX_EVENTS === undefined ? {} : { events: said.MAX_EVENTS }),
    ...(MAX_BYTES === undefined ? {} : { bytes: said.MAX_BYTES }),
    ...(MAX_AGE === undefined ? {} : { age: said.MAX_AGE }),
  };
}
