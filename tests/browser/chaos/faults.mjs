// What happens to servers, tabs and connections, each mended again.

import { setTimeout as pause } from "node:timers/promises";
import { within } from "../until.mjs";

/** Milliseconds that the page of a tab may take to join. */
const JOINING = 30_000;

/** The faults of the first phase: whom each may hit, and how it is done and mended. */
export const faults = [
  { name: "kill", targets: ["second", "third"], strike: killServer },
  { name: "stop", targets: ["second", "third"], strike: stopServer },
  { name: "cut", targets: ["third"], strike: cutLink },
  { name: "close tab", targets: ["first", "second", "third"], strike: (lattice, at) => replaceTab(lattice, at, "close") },
  { name: "crash tab", targets: ["first", "second", "third"], strike: (lattice, at) => replaceTab(lattice, at, "crash") },
  { name: "freeze tab", targets: ["first", "second", "third"], strike: freezeTab },
];

/** Whom a fault hits, as the ledger names it. */
export const nameOf = (lattice, fault, target) => (fault.name.endsWith("tab") ? lattice.tabs[target].name : target);

async function killServer(lattice, name, random) {
  await lattice.servers[name].kill();
  // For how long it is away is part of the fault.
  await pause(random.between(0, 3_000));
  await lattice.servers[name].restart();
  await lattice.startActors(name);
}

async function stopServer(lattice, name, random) {
  const server = lattice.servers[name];
  server.signal("SIGSTOP");
  // How long it stands still is the fault itself.
  await pause(random.between(3_000, 5_000));
  server.signal("SIGCONT");
}

async function cutLink(lattice, _, random) {
  lattice.link.cut();
  await pause(random.between(1_000, 4_000));
  lattice.link.mend();
}

async function replaceTab(lattice, at, how) {
  await lattice.tabs[at].tab.page[how]();
  await within(lattice.openTab(at), "another tab", JOINING);
}

async function freezeTab(lattice, at, random) {
  await lattice.browsers[at].signalPages("SIGSTOP");
  await pause(random.between(3_000, 5_000));
  await lattice.browsers[at].signalPages("SIGCONT");
}

/** The second phase's fault: the server that has the lattice. What its store in memory held is gone. */
export const killFirst = (lattice, random) => killServer(lattice, "first", random);
