// Where things stand on the canvas, by names that mean the same on every lattice: this tab, the first server, an actor of the
// manifest, a provider by its name.

import { keepPlaces, placeOf, seat, type Place } from "../canvas/places.svelte";
import { lattice, type HostState } from "../lattice/state.svelte";
import { isTab } from "../lattice/view";

/** A thing on the canvas: the name that its place is kept under here, and the one that it has everywhere. */
interface Named {
  here: string;
  everywhere: string;
}

/** The places of what was moved; `actors` are the keys of a manifest's actors by component. */
export function sharedPlaces(actors: ReadonlyMap<string, string>): Record<string, Place> {
  const moved = things(actors).flatMap(({ here, everywhere }): [string, Place][] => {
    const place = placeOf(here);
    return place ? [[everywhere, { x: Math.round(place.x), y: Math.round(place.y) }]] : [];
  });
  return Object.fromEntries(moved);
}

/** Puts things where they stood on the canvas that was shared. What is not here is passed over. */
export function takePlaces(places: Record<string, Place>, actors: ReadonlyMap<string, string>): void {
  const moved = things(actors).flatMap(({ here, everywhere }): [string, Place][] => {
    const place = places[everywhere];
    return place && Number.isFinite(place.x) && Number.isFinite(place.y) ? [[here, { x: place.x, y: place.y }]] : [];
  });
  keepPlaces(Object.fromEntries(moved));
}

function things(actors: ReadonlyMap<string, string>): Named[] {
  return hosts().flatMap(({ host, name }) => [
    { here: `host ${seat(host.id)}`, everywhere: name },
    ...[...actors].map(([component, actor]) => ({ here: `${seat(host.id)} ${actor}`, everywhere: `${name} actor ${component}` })),
    ...host.providers.map((provider) => ({
      here: `${seat(host.id)} ${provider.id}`,
      everywhere: `${name} provider ${provider.name} ${provider.contract_id}`,
    })),
  ]);
}

/** This tab, servers and other tabs, each kind counted from those that have been there longest. */
function hosts(): { host: HostState; name: string }[] {
  const counts = { server: 0, tab: 0 };
  return lattice.hosts.map((host) => {
    if (host.id === lattice.own) return { host, name: "own" };
    const kind = isTab(host) ? "tab" : "server";
    return { host, name: `${kind} ${++counts[kind]}` };
  });
}
