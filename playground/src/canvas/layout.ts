// Sizes on the canvas, and where hosts stand that nobody has moved.

import type { Place } from "./places.svelte";

/** In pixels at full size. */
export const SIZES = {
  side: 16,
  top: 76,
  bottom: 52,
  gap: 12,
  actor: 208,
  actorHead: 54,
  port: 24,
  actorFoot: 8,
  providersAt: 328,
  provider: 184,
  providerHeight: 52,
  host: 528,
  leastHeight: 172,
  betweenHosts: 48,
} as const;

/** A rectangle; inside its host where it has one. */
export interface Box {
  x?: number;
  y?: number;
  width: number;
  height: number;
}

/** How high an actor with so many ports is. */
export function heightOfActor(ports: number): number {
  return SIZES.actorHead + ports * SIZES.port + SIZES.actorFoot;
}

/** How large a host is around what is on it. */
export function sizeOfHost(inside: { position: Place; width?: number; height?: number }[]): Box {
  const right = Math.max(SIZES.host, ...inside.map(({ position, width = 0 }) => position.x + width + SIZES.side));
  const bottom = Math.max(
    SIZES.leastHeight,
    ...inside.map(({ position, height = 0 }) => position.y + height + SIZES.bottom),
  );
  return { width: right, height: bottom };
}

/** How wide the canvas is for its height, about, on a desk. */
const SHAPE = 1.8;

/**
 * Places for hosts in order, in columns, the next always in the shortest one; those that have a place keep it. There is one
 * column where they stand upright, else so many that all of them fill the canvas.
 */
export function columns(hosts: { height: number; place: Place | undefined }[], isUpright: boolean): Place[] {
  const width = SIZES.host + SIZES.betweenHosts;
  const height = hosts.reduce((sum, host) => sum + host.height + SIZES.betweenHosts, 0);
  const count = isUpright ? 1 : Math.max(2, Math.round(Math.sqrt((SHAPE * height) / width)));
  const ends = new Array<number>(count).fill(0);
  return hosts.map(({ height, place }) => {
    if (place) return place;
    const column = ends.indexOf(Math.min(...ends));
    const y = ends[column] ?? 0;
    ends[column] = y + height + SIZES.betweenHosts;
    return { x: column * width, y };
  });
}
