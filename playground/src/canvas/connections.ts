// Ports that are joined: whether they may be, and the link that comes of it.

import { ANY_CONTRACT, link, whyNotLinked } from "../commands/actions";
import type { ActorNodeType, CanvasNode, ProviderNodeType } from "./graph";
import type { Place } from "./places.svelte";

/** Two ports; `source` is the actor's. */
export interface Ports {
  source: string;
  target: string;
  sourceHandle?: string | null | undefined;
  targetHandle?: string | null | undefined;
}

function ends(nodes: CanvasNode[], { source, target, sourceHandle }: Ports) {
  const actor = nodes.find((node): node is ActorNodeType => node.id === source && node.type === "actor");
  const provider = nodes.find((node): node is ProviderNodeType => node.id === target && node.type === "provider");
  return actor && provider
    ? { actor: actor.data, provider: provider.data, port: sourceHandle ?? ANY_CONTRACT }
    : undefined;
}

/** Why two ports do not join; nothing where they do. */
export function whyRefused(nodes: CanvasNode[], ports: Ports): string | undefined {
  const found = ends(nodes, ports);
  if (!found) return "links join an actor and a provider";
  const { actor, provider, port } = found;
  return whyNotLinked(actor.actor, port, provider.provider, provider.contract);
}

/** Links what two ports belong to. */
export function connect(nodes: CanvasNode[], ports: Ports): void {
  const found = ends(nodes, ports);
  if (!found) return;
  const { actor, provider } = found;
  void link({ actor_id: actor.actor, provider_id: provider.provider, contract_id: provider.contract });
}

/** The provider on which a point of the canvas lies: all of it takes a drop, not its port alone. */
export function providerAt(
  nodes: CanvasNode[],
  { x, y }: Place,
  centreOf: (node: CanvasNode) => Place,
): ProviderNodeType | undefined {
  return nodes.find((node): node is ProviderNodeType => {
    const centre = centreOf(node);
    const isInside =
      Math.abs(centre.x - x) <= (node.width ?? 0) / 2 && Math.abs(centre.y - y) <= (node.height ?? 0) / 2;
    return isInside && node.type === "provider";
  });
}
