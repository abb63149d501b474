// The lattice as nodes and edges of the canvas.

import { Position, type Edge, type Node, type NodeHandle } from "@xyflow/svelte";
import type { ActorSummary, Link } from "wisteria";
import { ANY_CONTRACT } from "../commands/actions";
import { isBuiltIn, shortContract } from "../lattice/contracts";
import { lattice, type HostState, type Pending } from "../lattice/state.svelte";
import {
  contractsOf,
  hostsOfProvider,
  isSigned,
  isTab,
  linkId,
  nameOfActor,
  nameOfHost,
  nameOfProvider,
  shortKey,
  stateOfLink,
} from "../lattice/view";
import { settings } from "../ui/settings.svelte";
import { columns, heightOfActor, sizeOfHost, SIZES, type Box } from "./layout";
import { isPinned, isUnfolded, placeOf, seat } from "./places.svelte";

/** How something stands that a command is about. */
export type Doing = "steady" | "starting" | "stopping" | "moving" | "changing";

/** A port of an actor: one for each contract, and its link's state. */
export interface Port {
  contract: string;
  state: "free" | "active" | "pending" | "refused" | "linking";
}

export type HostNodeData = {
  host: HostState;
  name: string;
  isOwn: boolean;
  isTab: boolean;
  isUnfolded: boolean;
  hidden: number;
  providers: number;
  isEmpty: boolean;
};
export type ActorNodeData = {
  actor: string;
  host: string;
  name: string;
  atOnce: number;
  ports: Port[];
  doing: Doing;
  isSuspended: boolean;
};
export type ProviderNodeData = {
  provider: string;
  host: string;
  name: string;
  contract: string;
  isOffer: boolean;
  isMissing: boolean;
  isSuspended: boolean;
};
export type LinkEdgeData = {
  link: Link;
  state: "active" | "pending" | "refused" | "linking" | "unlinking";
  words: string;
};

export type HostNodeType = Node<HostNodeData, "host">;
export type ActorNodeType = Node<ActorNodeData, "actor">;
export type ProviderNodeType = Node<ProviderNodeData, "provider">;
export type CanvasNode = HostNodeType | ActorNodeType | ProviderNodeType;
export type LinkEdgeType = Edge<LinkEdgeData, "link">;

export const hostNodeId = (host: string): string => `host ${host}`;
export const actorNodeId = (host: string, actor: string): string => `${host} ${actor}`;

/** The name under which a node's place is kept. */
export function placeName(node: CanvasNode): string {
  if (node.type === "host") return `host ${seat(node.data.host.id)}`;
  return `${seat(node.data.host)} ${node.type === "actor" ? node.data.actor : node.data.provider}`;
}

/** All nodes and edges; hosts come before what is on them. */
export function graph(): { nodes: CanvasNode[]; edges: LinkEdgeType[] } {
  const wanted = wantedContracts();
  const boxes = lattice.hosts.map((host) => boxOf(host, wanted));
  const places = columns(
    boxes.map(({ id, size }) => ({ ...size, place: placeOf(`host ${seat(id)}`) })),
    settings.isPhone,
  );
  const nodes = boxes.flatMap(({ id, size, host, inside }, at): CanvasNode[] => [
    {
      id: hostNodeId(id),
      type: "host",
      position: places[at] ?? { x: 0, y: 0 },
      ...size,
      measured: size,
      zIndex: 0,
      connectable: false,
      ariaLabel: `Host: ${host.name}`,
      data: host,
    },
    ...inside,
  ]);
  return { nodes, edges: edgesOf(nodes) };
}

interface HostBox {
  id: string;
  size: Box;
  host: HostNodeData;
  inside: (ActorNodeType | ProviderNodeType)[];
}

function boxOf(host: HostState, wanted: Set<string>): HostBox {
  const offers = host.providers.filter(({ contract_id }) => !isBuiltIn(contract_id));
  const shown = offers.filter(
    ({ id, contract_id }) => isUnfolded(host.id) || isPinned(id) || isLinked(id) || wanted.has(contract_id),
  );
  const inside = [
    ...actorNodes(host),
    ...providerNodes(
      host,
      shown.map(({ id, name, contract_id }) => ({
        id,
        name: name ?? shortKey(id),
        contract: contract_id,
        isOffer: !isLinked(id),
      })),
    ),
    ...missingNodes(host),
  ];
  const data: HostNodeData = {
    host,
    name: nameOfHost(host.id),
    isOwn: host.id === lattice.own,
    isTab: isTab(host),
    isUnfolded: isUnfolded(host.id),
    hidden: offers.length - shown.length,
    providers: offers.length,
    isEmpty: inside.every(({ type }) => type !== "actor"),
  };
  return { id: host.id, size: sizeOfHost(inside), host: data, inside };
}

const isLinked = (provider: string): boolean => lattice.links.some(({ provider_id }) => provider_id === provider);

/** The contracts for which an actor has no link that it can use: all that provide them are offered. */
function wantedContracts(): Set<string> {
  const usable = lattice.links.filter((link) => stateOfLink(link).state === "active");
  const linked = new Set(usable.map(({ actor_id, contract_id }) => `${actor_id} ${contract_id}`));
  const actors = new Set(lattice.hosts.flatMap(({ actors }) => actors.map(({ id }) => id)));
  const free = [...actors].flatMap((actor) =>
    contractsOf(actor).filter((contract) => !linked.has(`${actor} ${contract}`)),
  );
  return new Set(free);
}

function actorNodes(host: HostState): ActorNodeType[] {
  const running = host.actors.map((actor) => ({ id: actor.id, actor, doing: doingOf(actor.id, host.id) }));
  const known = new Set(running.map(({ id }) => id));
  const coming = lattice.pending.flatMap((one) => {
    const isComing = (one.kind === "starting" || one.kind === "moving") && one.host === host.id;
    const id = isComing ? (one.actor ?? `${one.id}`) : "";
    return isComing && !known.has(id) ? [{ id, name: one.name, doing: "starting" as const }] : [];
  });
  let y = SIZES.top;
  return [...running, ...coming].map((one) => {
    const actor: ActorSummary | undefined = "actor" in one ? one.actor : undefined;
    const ports = portsOf(one.id);
    const size = { width: SIZES.actor, height: heightOfActor(ports.length) };
    const name = "name" in one ? one.name : nameOfActor(one.id);
    const own: Box = { x: SIZES.side, y, ...size };
    y += size.height + SIZES.gap;
    const data: ActorNodeData = {
      actor: one.id,
      host: host.id,
      name,
      atOnce: actor?.instances[0]?.max_concurrent ?? 0,
      ports,
      doing: one.doing,
      isSuspended: host.presence === "suspended",
    };
    return {
      ...inHost(host, one.id, own),
      type: "actor",
      handles: ports.map((port, at) =>
        handle("source", port.contract, SIZES.actor - 4, SIZES.actorHead + at * SIZES.port + SIZES.port / 2 - 4),
      ),
      ariaLabel: `Actor: ${name} on ${nameOfHost(host.id)}`,
      data,
    };
  });
}

function doingOf(actor: string, host: string): Doing {
  const found = lattice.pending.find(
    (one) =>
      "actor" in one && one.actor === actor && ("from" in one ? one.from === host : "host" in one && one.host === host),
  );
  if (!found) return "steady";
  return found.kind === "starting" ? "changing" : (found.kind as Doing);
}

function portsOf(actor: string): Port[] {
  const contracts = contractsOf(actor);
  const ports = contracts.map((contract): Port => {
    const links = lattice.links.filter(({ actor_id, contract_id }) => actor_id === actor && contract_id === contract);
    const isLinking = lattice.pending.some(
      (one) => one.kind === "linking" && one.link.actor_id === actor && one.link.contract_id === contract,
    );
    const states = links.map((link) => stateOfLink(link).state);
    const state = isLinking
      ? "linking"
      : (["refused", "pending", "active"] as const).find((one) => states.includes(one));
    return { contract, state: state ?? "free" };
  });
  // An actor without claims may use whatever it is linked to.
  return contracts.length > 0 || isSigned(actor) ? ports : [{ contract: ANY_CONTRACT, state: "free" }];
}

interface Offer {
  id: string;
  name: string;
  contract: string;
  isOffer: boolean;
  isMissing?: boolean;
}

function providerNodes(host: HostState, offers: Offer[], start: number = SIZES.top): ProviderNodeType[] {
  return offers.map(({ id, name, contract, isOffer, isMissing = false }, at) => ({
    ...inHost(host, id, {
      x: SIZES.providersAt,
      y: start + at * (SIZES.providerHeight + SIZES.gap),
      width: SIZES.provider,
      height: SIZES.providerHeight,
    }),
    type: "provider",
    handles: [handle("target", contract, -4, SIZES.providerHeight / 2 - 4)],
    ariaLabel: `Provider: ${name} of ${contract} on ${nameOfHost(host.id)}`,
    data: {
      provider: id,
      host: host.id,
      name,
      contract,
      isOffer,
      isMissing,
      isSuspended: host.presence === "suspended",
    },
  }));
}

/** Providers that run nowhere stand, as missing, where the first actor is that is linked to them. */
function missingNodes(host: HostState): ProviderNodeType[] {
  const missing = lattice.links.filter(({ provider_id }) => hostsOfProvider(provider_id).length === 0);
  const mine = missing.filter(
    ({ actor_id }) => lattice.hosts.find(({ actors }) => actors.some(({ id }) => id === actor_id))?.id === host.id,
  );
  const byId = new Map(mine.map((link) => [link.provider_id, link]));
  const offers = [...byId.values()].map(({ provider_id, contract_id }) => ({
    id: provider_id,
    name: nameOfProvider(provider_id),
    contract: contract_id,
    isOffer: false,
    isMissing: true,
  }));
  const below = host.actors.reduce<number>((y, { id }) => y + heightOfActor(portsOf(id).length) + SIZES.gap, SIZES.top);
  return providerNodes(host, offers, below);
}

function inHost(host: HostState, id: string, { x = 0, y = 0, width, height }: Box) {
  return {
    id: actorNodeId(host.id, id),
    parentId: hostNodeId(host.id),
    position: placeOf(`${seat(host.id)} ${id}`) ?? { x, y },
    width,
    height,
    measured: { width, height },
    zIndex: 2,
  };
}

function handle(type: "source" | "target", id: string, x: number, y: number): NodeHandle {
  return { id, type, x, y, width: 8, height: 8, position: type === "source" ? Position.Right : Position.Left };
}

function edgesOf(nodes: CanvasNode[]): LinkEdgeType[] {
  const actors = nodes.filter((node): node is ActorNodeType => node.type === "actor");
  const providers = nodes.filter((node): node is ProviderNodeType => node.type === "provider");
  return linksInSight().flatMap(({ link, state, words }) =>
    actors
      .filter(({ data }) => data.actor === link.actor_id)
      .flatMap((actor): LinkEdgeType[] => {
        const targets = providers.filter(({ data }) => data.provider === link.provider_id);
        const target = targets.find(({ data }) => data.host === actor.data.host) ?? targets[0];
        const port = actor.data.ports.find(({ contract }) => contract === link.contract_id) ?? actor.data.ports[0];
        if (!target || !port) return [];
        const named = `${linkId(link)} ${actor.data.host}`;
        return [
          {
            id: named,
            type: "link",
            source: actor.id,
            target: target.id,
            sourceHandle: port.contract,
            targetHandle: link.contract_id,
            zIndex: 1,
            ariaLabel: `Link: ${link.link_name} for ${shortContract(link.contract_id)} from ${actor.data.name} to ${target.data.name}: ${words}`,
            data: { link, state, words },
          },
        ];
      }),
  );
}

/** The links there are, and those that are being put. */
function linksInSight(): LinkEdgeData[] {
  const coming = pendingLinks("linking");
  const going = pendingLinks("unlinking").map(linkId);
  const others = lattice.links.filter((link) => !coming.some((other) => linkId(other) === linkId(link)));
  return [
    ...others.map((link) => ({
      link,
      ...stateOfLink(link),
      ...(going.includes(linkId(link)) ? { state: "unlinking" as const, words: "Unlinking" } : {}),
    })),
    ...coming.map((link) => ({ link, state: "linking" as const, words: "Linking" })),
  ];
}

function pendingLinks(kind: "linking" | "unlinking"): Link[] {
  return lattice.pending.flatMap((one: Pending) => (one.kind === kind ? [(one as { link: Link }).link] : []));
}
