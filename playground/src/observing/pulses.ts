// Messages on their way, as dots along the curves of the canvas: a sample of what hosts tell, drawn on one overlay.

import type { Observation, ObservedEdge } from "wisteria";
import { linkOf } from "./counting";
import { parentOf } from "./recorder.svelte";
import { pairId } from "./traffic.svelte";

/** Dots on their way at once; what comes beyond is not drawn. */
const DOTS = 160;
/** Dots of one edge and one observation. */
const OF_EDGE = 2;
/** How long a dot is on its way, in milliseconds. */
const WAY = 700;
/** The radius of a dot in pixels, whatever the zoom. */
const RADIUS = 3.5;

/** A cubic Bézier curve: start, two control points, end, in coordinates of the canvas. */
type Curve = readonly number[];

interface Dot {
  curve: Curve;
  began: number;
  isBack: boolean;
  isFailed: boolean;
}

/** Where and how the canvas is looked at. */
interface Sight {
  x: number;
  y: number;
  zoom: number;
}

/** By the name of a link or pair, and by the edge that draws it: a link is drawn once for each host of its actor. */
const curves = new Map<string, Map<string, Curve>>();
let overlay: HTMLCanvasElement | undefined;
let sight: () => Sight = () => ({ x: 0, y: 0, zoom: 1 });
let dots: Dot[] = [];
let drawing = 0;
let colours = { dot: "", failed: "" };

/** An edge is drawn along an SVG path, `M…C…`; returns what takes it out. */
export function trace(name: string, edge: string, path: string): () => void {
  const curve = path.match(/-?[\d.]+(?:e-?\d+)?/g)?.map(Number) ?? [];
  if (curve.length !== 8) return () => {};
  const edges = curves.get(name) ?? new Map<string, Curve>();
  curves.set(name, edges.set(edge, curve));
  return () => {
    if (edges.get(edge) === curve) edges.delete(edge);
    if (edges.size === 0 && curves.get(name) === edges) curves.delete(name);
  };
}

/** Draws on a canvas that lies above the flow, until what is returned is called. */
export function drawOn(canvas: HTMLCanvasElement, where: () => Sight): () => void {
  [overlay, sight] = [canvas, where];
  const fit = () => {
    const { clientWidth, clientHeight } = canvas;
    [canvas.width, canvas.height] = [clientWidth * devicePixelRatio, clientHeight * devicePixelRatio];
  };
  const watching = new ResizeObserver(fit);
  watching.observe(canvas);
  fit();
  return () => {
    watching.disconnect();
    cancelAnimationFrame(drawing);
    [overlay, drawing, dots] = [undefined, 0, []];
  };
}

/** Sends dots for what a host tells. */
export function pulse({ host, edges, calls, window }: Observation): void {
  if (!overlay || document.hidden || isStill) return;
  for (const edge of edges) {
    if (dots.length >= DOTS) break;
    const parent = calls.find((call) => call.parent !== undefined && call.origin === edge.origin && call.target === edge.target);
    send(edge, host, parent && parentOf(parent)?.host, window);
  }
  begin();
}

/** Sends one dot, as for a message that was stepped to. */
export function pulseOnce(call: Pick<ObservedEdge, "origin" | "target" | "contract" | "linkName"> & { host: string; error?: unknown }): void {
  if (!overlay || isStill) return;
  send({ ...call, count: 1, failed: call.error === undefined ? 0 : 1 }, call.host, undefined, 0);
  begin();
}

type Sent = Pick<ObservedEdge, "origin" | "target" | "contract" | "linkName" | "count" | "failed">;

function send(edge: Sent, host: string, originHost: string | undefined, window: number): void {
  const link = linkOf(edge);
  const edges = curves.get(link?.id ?? pairId({ origin: edge.origin, target: edge.target, host }));
  if (!edges) return;
  // Hosts do not tell from where a call came; the call that it was made in does, where it was told one by one.
  const all = [...edges];
  const at = link?.isBack ? host : originHost;
  const [, curve] = all.find(([id]) => at !== undefined && id.endsWith(at)) ?? all[Math.floor(Math.random() * all.length)] ?? [];
  if (!curve) return;
  const sent = Math.min(edge.count, OF_EDGE, DOTS - dots.length);
  for (let index = 0; index < sent; index++) {
    const began = performance.now() + (window * index) / sent;
    dots.push({ curve, began, isBack: link?.isBack ?? false, isFailed: index < edge.failed });
  }
}

/** Kept, as to ask has the page's style worked out. */
let isStill = false;
const motion = matchMedia("(prefers-reduced-motion: reduce)");
const heed = () => (isStill = motion.matches);
motion.addEventListener("change", heed);
heed();

function begin(): void {
  if (drawing !== 0 || dots.length === 0 || !overlay) return;
  const styles = getComputedStyle(overlay);
  colours = { dot: styles.color, failed: styles.borderTopColor };
  drawing = requestAnimationFrame(draw);
}

function draw(): void {
  drawing = 0;
  const context = overlay?.getContext("2d");
  if (!overlay || !context) return;
  const now = performance.now();
  dots = dots.filter(({ began }) => now - began < WAY);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, overlay.width, overlay.height);
  const { x, y, zoom } = sight();
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, x * devicePixelRatio, y * devicePixelRatio);
  for (const { curve, began, isBack, isFailed } of dots) {
    const part = (now - began) / WAY;
    if (part < 0) continue;
    context.fillStyle = isFailed ? colours.failed : colours.dot;
    context.globalAlpha = Math.min(1, 6 * part, 6 * (1 - part));
    context.beginPath();
    context.arc(along(curve, isBack ? 1 - part : part, 0) * zoom, along(curve, isBack ? 1 - part : part, 1) * zoom, RADIUS, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
  if (dots.length > 0) drawing = requestAnimationFrame(draw);
}

/** A coordinate of a curve, 0 for x and 1 for y, at a part of it. */
function along(curve: Curve, part: number, axis: 0 | 1): number {
  const rest = 1 - part;
  const at = (index: number) => curve[2 * index + axis] ?? 0;
  return rest ** 3 * at(0) + 3 * rest ** 2 * part * at(1) + 3 * rest * part ** 2 * at(2) + part ** 3 * at(3);
}
