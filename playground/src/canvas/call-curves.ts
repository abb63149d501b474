// The curves of calls that go by no link, from box to box.

import { pairId, type Pair } from "../observing/traffic.svelte";
import { actorNodeId, hostNodeId, type CanvasNode } from "./graph";

/** A curve with the middle of it. */
export interface CallCurve {
  id: string;
  pair: Pair;
  path: string;
  x: number;
  y: number;
}

interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Calls of pairs as curves. What a host calls on itself has none: its actor shows the rate. */
export function curvesOf(nodes: CanvasNode[], pairs: readonly Pair[]): CallCurve[] {
  if (pairs.length === 0) return [];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const place = (node: CanvasNode): Rectangle => {
    const { x, y } = byId.get(node.parentId ?? "")?.position ?? { x: 0, y: 0 };
    return { x: x + node.position.x, y: y + node.position.y, width: node.width ?? 0, height: node.height ?? 0 };
  };
  return pairs.flatMap((pair): CallCurve[] => {
    const target = byId.get(actorNodeId(pair.host, pair.target));
    const origin = originOf(pair, nodes, byId);
    if (!target || !origin || target === origin || origin.id === target.parentId) return [];
    return [{ id: pairId(pair), pair, ...between(place(origin), place(target)) }];
  });
}

/** The actor that calls, on the target's own host where it runs there; or the host. */
function originOf({ origin, host }: Pair, nodes: CanvasNode[], byId: Map<string, CanvasNode>): CanvasNode | undefined {
  if (origin.startsWith("N")) return byId.get(hostNodeId(origin));
  return byId.get(actorNodeId(host, origin)) ?? nodes.find((node) => node.type === "actor" && node.data.actor === origin);
}

function between(from: Rectangle, to: Rectangle): { path: string; x: number; y: number } {
  const across = to.x + to.width / 2 - (from.x + from.width / 2);
  const down = to.y + to.height / 2 - (from.y + from.height / 2);
  // Along the axis on which they are further apart; where they stand below one another, along their left sides.
  const points =
    Math.abs(across) > from.width
      ? sideways(from, to, Math.sign(across))
      : { from: [from.x, from.y + from.height / 2], to: [to.x, to.y + to.height / 2], by: -(40 + Math.abs(down) / 4) };
  const [x1 = 0, y1 = 0] = points.from;
  const [x2 = 0, y2 = 0] = points.to;
  const bend = "bend" in points ? points.bend : points.by;
  const path = `M${x1},${y1} C${x1 + points.by},${y1} ${x2 + bend},${y2} ${x2},${y2}`;
  return { path, x: (x1 + x2) / 2 + (3 * (points.by + bend)) / 8, y: (y1 + y2) / 2 };
}

function sideways(from: Rectangle, to: Rectangle, way: number): { from: number[]; to: number[]; by: number; bend: number } {
  const start = way > 0 ? from.x + from.width : from.x;
  const end = way > 0 ? to.x : to.x + to.width;
  const by = way * Math.max(40, Math.abs(end - start) / 2);
  return { from: [start, from.y + from.height / 2], to: [end, to.y + to.height / 2], by, bend: -by };
}
