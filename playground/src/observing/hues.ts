// A colour for each host, so that bars of one host look alike.

import { lattice } from "../lattice/state.svelte";

/** The hue of a host's bars, in degrees: neighbours on the list are far apart. */
export function hueOfHost(host: string): number {
  const at = lattice.hosts.findIndex(({ id }) => id === host);
  return (295 + (at < 0 ? 7 : at) * 137) % 360;
}
