// The providers `eventstreams-opfs` and `eventstreams-indexeddb`: event streams that outlive the tab.

import { WisteriaError } from "../error.js";
import { Answers, describe, type EndedLink, type Handler, type ProvidedLink, type ProviderCall } from "../provide.js";
import { millisOf, sizeOf } from "./arguments.js";
import { Deliveries } from "./deliveries.js";
import { EventStore, operations, type LinkView, type Retention, type Step } from "./eventstreams.js";
import { openJournal, title, type Keeping } from "./journal.js";
import type { CallActor, TabProvider } from "./mod.js";
import { Stores } from "./stores.js";

/** How long an actor may take for an event, in milliseconds. */
const DELIVERY = 10_000;

const VALUES = {
  FILE: { default: "eventstreams", about: "name of the store; links that name the same one share it", example: "orders" },
  MAX_EVENTS: { kind: "number", about: "how many events of a stream are kept; the oldest go first; all by default", example: "10000" },
  MAX_BYTES: { kind: "size", about: "how many bytes of events of a stream are kept; the oldest go first; all by default", example: "64Mi" },
  MAX_AGE: { kind: "duration", about: "how long an event is kept; for good by default", example: "7d" },
} as const;

/** The name of the provider. What is kept elsewhere is another's. */
export const eventStreamsName = (where: Keeping) => `eventstreams-${where}`;

interface Linked {
  link: ProvidedLink;
  view: LinkView;
  deliveries: Deliveries;
}

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function eventStreams(lattice: string, where: Keeping): TabProvider {
  const stores = new Stores("FILE", VALUES.FILE.example, async (file) => {
    const { journal, kept } = await openJournal<Step>(where, `wisteria/${lattice}/eventstreams/${file}`);
    return new EventStore(journal, kept);
  });
  const links = new Map<string, Linked>();
  let begun: (call: CallActor) => void = () => {};
  // Links are told of before the host has said how to call.
  const calling = new Promise<CallActor>((resolve) => (begun = resolve));

  const link = async (link: ProvidedLink): Promise<void> => {
    const { actor, values } = link;
    const owner = ownerOf(link);
    const view = { owner, retention: retentionOf(values) };
    await stores.link(link);
    const before = links.get(owner)?.deliveries.end();
    const tell = async (delivery: unknown) => (await calling)(actor, "EventSubscriber.HandleEvent", delivery, DELIVERY);
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

  const options = { name: eventStreamsName(where), title: `Event streams that outlive the tab (${title(where)})`, values: VALUES, link, unlink };
  const handlers = operations.map((operation): [string, Handler] => [operation, (argument, call) => carryOut(operation, argument, call)]);
  const description = describe("wisteria:eventstreams", options);
  return { description, answers: new Answers(description.name, Object.fromEntries(handlers), options), begun };
}

const ownerOf = ({ actor, linkName }: Pick<ProvidedLink, "actor" | "linkName">) => `${actor}/${linkName}`;

/** What a link says of how much is kept, none of which may be 0. */
function retentionOf({ MAX_EVENTS, MAX_BYTES, MAX_AGE }: ProvidedLink["values"]): Retention {
  const said = { MAX_EVENTS: sizeOf(MAX_EVENTS ?? "1"), MAX_BYTES: sizeOf(MAX_BYTES ?? "1"), MAX_AGE: millisOf(MAX_AGE ?? "1s") };
  for (const [name, amount] of Object.entries(said)) {
    const { example } = VALUES[name as keyof typeof said];
    if (amount === 0) throw new Error(`\`${name}\` of 0 would keep nothing; write it as ${name}=${example}, or leave it out to keep all`);
  }
  return {
    ...(MAX_EVENTS === undefined ? {} : { events: said.MAX_EVENTS }),
    ...(MAX_BYTES === undefined ? {} : { bytes: said.MAX_BYTES }),
    ...(MAX_AGE === undefined ? {} : { age: said.MAX_AGE }),
  };
}
