// The leader's end of a host that the tabs of an origin share: lets the others use it.

import type { Hosting } from "./hosting.js";
import type { Started } from "./protocol.js";
import { announcements, channelOf, lockOfTab, type Announcement, type FromLeader, type Term, type ToLeader } from "./sharing.js";

/** Has other tabs use a host that has started, for as long as this thread lives. */
export function lead(hosting: Hosting, lattice: string, term: Term, started: Started): void {
  const all = announcements(lattice);
  const followers = new Map<string, () => void>();
  const say = (announcement: Announcement) => all.postMessage(announcement);
  hosting.onName = () => say({ names: hosting.names });
  all.onmessage = ({ data }: MessageEvent<Announcement>) => {
    if (!("seeks" in data)) return;
    const led = { term, started, names: hosting.names };
    // It may seek twice: when it came, and when it heard that somebody leads.
    if (!followers.has(data.seeks)) followers.set(data.seeks, follow(hosting, lattice, data.seeks, () => followers.delete(data.seeks)));
    const channel = channelOf(lattice, data.seeks);
    channel.postMessage({ led } satisfies FromLeader);
    channel.close();
  };
  say({ leads: term });
}

/** Serves one follower until it leaves or is gone; returns what ends that. */
function follow(hosting: Hosting, lattice: string, tab: string, ended: () => void): () => void {
  const channel = channelOf(lattice, tab);
  const guest = hosting.share((message) => channel.postMessage(message satisfies FromLeader));
  const end = () => {
    channel.onmessage = null;
    ended();
    void guest.end().then(() => channel.close());
  };
  channel.onmessage = ({ data }: MessageEvent<ToLeader>) => {
    if ("leaves" in data) end();
    else guest.take(data);
  };
  void navigator.locks.request(lockOfTab(lattice, tab), { mode: "shared" }, () => end());
  return end;
}
