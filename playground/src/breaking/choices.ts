// What the palette offers to break.

import { lattice } from "../lattice/state.svelte";
import { isBuiltIn } from "../lattice/contracts";
import { linkId, nameOfActor, nameOfProvider } from "../lattice/view";
import type { Choice } from "../panels/choices";
import { askFor } from "./breaking.svelte";
import { inWords, type Fault } from "./faults";

/** All that can be broken now. */
export function breakingChoices(): Choice[] {
  return faults().map(({ fault, of }) => ({
    words: `Break: ${inWords(fault).title.replace("?", "")}${of ? `, ${of}` : ""}…`,
    act: () => askFor(fault),
  }));
}

function faults(): { fault: Fault; of?: string }[] {
  const live = lattice.hosts.filter(({ presence }) => presence === "live");
  return [
    ...live.map(({ id: host }) => ({ fault: { kind: "cut-off" as const, host } })),
    ...lattice.links.map((link) => ({
      fault: { kind: "slow-link" as const, link: linkId(link) },
      of: `${nameOfActor(link.actor_id)} to ${nameOfProvider(link.provider_id)} as ${link.link_name}`,
    })),
    ...live.flatMap(({ id: host, actors }) => actors.map(({ id: actor }) => ({ fault: { kind: "stop-actor" as const, actor, host } }))),
    ...[...new Set(live.flatMap(({ actors }) => actors.map(({ id }) => id)))].map((actor) => ({
      fault: { kind: "fill-mailbox" as const, actor },
    })),
    ...live.flatMap(({ id: host, providers }) =>
      providers
        .filter(({ contract_id }) => !isBuiltIn(contract_id))
        .map(({ id: provider }) => ({ fault: { kind: "stop-provider" as const, provider, host } })),
    ),
  ];
}
