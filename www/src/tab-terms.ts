// What the tabs of an origin that have a lattice of their own say to each other, and the locks by which they know of each other.

/** To all tabs of the lattice. A term is a random name for each time that a broker serves. */
export type Announcement =
  /** A broker serves now. */
  | { serves: string }
  /** A tab asks whether one does. */
  | { asks: true }
  /** A tab waits at the channel of this connection. */
  | { seeks: string };

/** To the broker's worker. */
export type ToBroker =
  | { lattice: string; term: string; wasm: WebAssembly.Module }
  /** The tab that started it connects by this port. */
  | { connects: MessagePort };

/** From the broker's worker. */
export type FromBroker = { serves: true } | { failed: { code: string; message: string } };

const of = (lattice: string) => `wisteria tabs ${lattice}`;

/** The channel of all tabs. */
export const announcementsOfTabs = (lattice: string) => new BroadcastChannel(of(lattice));

/** The channel of one connection. */
export const channelOfConnection = (lattice: string, connection: string) => new BroadcastChannel(`${of(lattice)} ${connection}`);

/** Whose tab holds this lock runs the broker; the others wait for it. */
export const brokerage = (lattice: string) => `${of(lattice)} broker`;

/** A broker holds this lock for as long as it lives, so that there is one at a time. */
export const onlyBroker = (lattice: string) => `${of(lattice)} alone`;

/** The same of one term; those who are connected wait for it, to hear of the end at once. */
export const lockOfBroker = (lattice: string, term: string) => `${of(lattice)} term ${term}`;

/** A tab holds this lock for as long as its connection lives; the broker waits for it. */
export const lockOfConnection = (lattice: string, connection: string) => `${of(lattice)} connection ${connection}`;
