// A tidy layout: first what is on each host, then the hosts among themselves.

import { Graph, layout } from "@dagrejs/dagre";
import { SIZES } from "./layout";
import { placeName, type CanvasNode, type LinkEdgeType } from "./graph";
import type { Place } from "./places.svelte";

interface Item {
  id: string;
  width: number;
  height: number;
}

/** Places for all nodes, by the names under which they are kept; hosts stand from top to bottom where that is said. */
export function tidy(nodes: CanvasNode[], edges: LinkEdgeType[], isUpright: boolean): Record<string, Place> {
  const places: Record<string, Place> = {};
  const hostOf = new Map(nodes.map(({ id, parentId }) => [id, parentId ?? id]));
  const hosts: Item[] = [];
  for (const host of nodes.filter(({ type }) => type === "host")) {
    const inside = nodes.filter(({ parentId }) => parentId === host.id);
    const arranged = arrange(inside.map(itemOf), edges.filter((edge) => hostOf.get(edge.source) === host.id && hostOf.get(edge.target) === host.id), 88, SIZES.gap);
    let [right, bottom]: [number, number] = [SIZES.host, SIZES.leastHeight];
    for (const node of inside) {
      const at = arranged.get(node.id) ?? { x: 0, y: 0 };
      const place = { x: at.x + SIZES.side, y: at.y + SIZES.top };
      places[placeName(node)] = place;
      right = Math.max(right, place.x + (node.width ?? 0) + SIZES.side);
      bottom = Math.max(bottom, place.y + (node.height ?? 0) + SIZES.bottom);
    }
    hosts.push({ id: host.id, width: right, height: bottom });
  }
  const between = edges.map(({ source, target }) => ({ source: hostOf.get(source) ?? "", target: hostOf.get(target) ?? "" })).filter(({ source, target }) => source !== target);
  const arranged = arrange(hosts, between, isUpright ? SIZES.betweenHosts : 96, SIZES.betweenHosts, isUpright ? "TB" : "LR");
  for (const host of nodes.filter(({ type }) => type === "host")) places[placeName(host)] = arranged.get(host.id) ?? { x: 0, y: 0 };
  return places;
}

const itemOf = ({ id, width = 0, height = 0 }: CanvasNode): Item => ({ id, width, height });

/** Places along the edges, from 0, 0 on. */
function arrange(items: Item[], edges: { source: string; target: string }[], between: number, gap: number, rankdir: "LR" | "TB" = "LR"): Map<string, Place> {
  const drawn = new Graph();
  drawn.setGraph({ rankdir, ranksep: between, nodesep: gap, marginx: 0, marginy: 0 });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of items) drawn.setNode(id, { width, height });
  for (const { source, target } of edges) drawn.setEdge(source, target);
  layout(drawn);
  return new Map(
    items.map(({ id, width, height }) => {
      const { x, y } = drawn.node(id) as Place;
      return [id, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    }),
  );
}
