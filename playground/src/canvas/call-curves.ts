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

/** Where a host has its name, in pixels. */
const HEADING = { width: 160, height: 40 };

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
    const from = place(origin);
    // A host calls from its heading.
    const start = origin.type === "host" ? { ...from, width: HEADING.width, height: HEADING.height } : from;
    return [{ id: pairId(pair), pair, ...between(start, place(target)) }];
  });
}

/** The actor that calls, on the target's own host where it runs there; or the host. */
function originOf({ origin, host }: Pair, nodes: CanvasNode[], byId: Map<string, CanvasNode>): CanvasNode | undefined {
  if (origin.startsWith("N")) return byId.get(hostNodeId(origin));
  return byId.get(actorNodeId(host, origin)) ?? nodes.find((node) => node.type === "actor" && node.data.actor === origin);
}

/** Along the left sides of two that stand below one another; else over both. */
function between(from: Rectangle, to: Rectangle): { path: string; x: number; y: number } {
  const across = Math.abs(to.x + to.width / 2 - (from.x + from.width / 2));
  const down = Math.abs(to.y - from.y);
  if (across < from.width) {
    const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
    const out = Math.min(from.x, to.x) - 24 - down / 8;
    return { path: `M${from.x},${y1} C${out},${y1} ${out},${y2} ${to.x},${y2}`, x: middle(from.x, out, out, to.x), y: (y1 + y2) / 2 };
  }
  const [x1, x2] = [from.x + from.width / 2, to.x + to.width / 2];
  const over = Math.min(from.y, to.y) - 32 - across / 16;
  return { path: `M${x1},${from.y} C${x1},${over} ${x2},${over} ${x2},${to.y}`, x: (x1 + x2) / 2, y: middle(from.y, over, over, to.y) };
}

/** The middle of a cubic curve, by one coordinate. */
const middle = (start: number, one: number, other: number, end: number): number => (start + 3 * one + 3 * other + end) / 8;
