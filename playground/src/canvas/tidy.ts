// A tidy layout: on each host actors left and providers right, those that are linked side by side; hosts along their links.

import { Graph, layout } from "@dagrejs/dagre";
import { columns, SIZES, sizeOfHost } from "./layout";
import { placeName, type CanvasNode, type LinkEdgeType } from "./graph";
import type { Place } from "./places.svelte";

interface Item {
  id: string;
  width: number;
  height: number;
}

/** An edge by its ends alone. */
type Ends = Pick<LinkEdgeType, "source" | "target">;

/** Places for all nodes, by the names under which they are kept; hosts stand from top to bottom where that is said. */
export function tidy(nodes: CanvasNode[], edges: LinkEdgeType[], isUpright: boolean): Record<string, Place> {
  const places: Record<string, Place> = {};
  const hosts = nodes.filter(({ type }) => type === "host");
  const items = hosts.map((host): Item => {
    const inside = arrangeInside(
      nodes.filter(({ parentId }) => parentId === host.id),
      edges,
    );
    for (const node of inside) places[placeName(node)] = node.position;
    const { width, height } = sizeOfHost(inside);
    return { id: host.id, width, height };
  });
  const hostOf = new Map(nodes.map(({ id, parentId }) => [id, parentId ?? id]));
  const between = edges
    .map(({ source, target }) => ({ source: hostOf.get(source) ?? "", target: hostOf.get(target) ?? "" }))
    .filter(({ source, target }) => source !== target);
  const arranged =
    between.length > 0
      ? along(items, between, isUpright)
      : columns(
          items.map((item) => ({ ...item, place: undefined })),
          isUpright,
        );
  hosts.forEach((host, at) => (places[placeName(host)] = arranged[at] ?? { x: 0, y: 0 }));
  return places;
}

/** Actors in their order; providers beside the actors that are linked to them, the others below. */
function arrangeInside(inside: CanvasNode[], edges: Ends[]): CanvasNode[] {
  const actors = stack(
    inside.filter(({ type }) => type === "actor"),
    SIZES.side,
  );
  const heightOf = new Map(actors.map(({ id, position }) => [id, position.y]));
  const rank = ({ id }: CanvasNode) => {
    const linked = edges.filter(({ target }) => target === id).map(({ source }) => heightOf.get(source) ?? Infinity);
    return linked.length > 0 ? linked.reduce((sum, y) => sum + y, 0) / linked.length : Infinity;
  };
  const providers = inside.filter(({ type }) => type === "provider").map((node) => ({ node, at: rank(node) }));
  // Equal ranks, infinite ones included, keep their order.
  providers.sort((one, other) => (one.at === other.at ? 0 : one.at - other.at));
  return [
    ...actors,
    ...stack(
      providers.map(({ node }) => node),
      SIZES.providersAt,
    ),
  ];
}

/** Nodes below one another. */
function stack(nodes: CanvasNode[], x: number): CanvasNode[] {
  let y: number = SIZES.top;
  return nodes.map((node) => {
    const placed = { ...node, position: { x, y } };
    y += (node.height ?? 0) + SIZES.gap;
    return placed;
  });
}

/** Places of hosts along the links between them, from 0, 0 on. */
function along(items: Item[], edges: Ends[], isUpright: boolean): Place[] {
  const drawn = new Graph();
  drawn.setGraph({ rankdir: isUpright ? "TB" : "LR", ranksep: SIZES.betweenHosts * 2, nodesep: SIZES.betweenHosts });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of items) drawn.setNode(id, { width, height });
  for (const { source, target } of edges) drawn.setEdge(source, target);
  layout(drawn);
  return items.map(({ id, width, height }) => {
    const { x, y } = drawn.node(id) as Place;
    return { x: Math.round(x - width / 2), y: Math.round(y - height / 2) };
  });
}
