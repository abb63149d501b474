// What is selected, on the canvas and in the list alike, and what the panels show of it.

import type { Link } from "wisteria";

/** What can be selected. Actors and providers are selected on a host. */
export type Selection =
  | { kind: "host"; host: string }
  | { kind: "actor"; actor: string; host: string }
  | { kind: "provider"; provider: string; host: string }
  | { kind: "link"; link: string }
  | { kind: "new-link"; draft: Draft }
  /** A call that a host told of, by the page's number. */
  | { kind: "message"; message: number };

/** A link to be put, as far as it is known. */
export type Draft = Partial<Pick<Link, "actor_id" | "provider_id" | "contract_id">>;

class Selected {
  it = $state.raw<Selection | undefined>(undefined);
}

/** What is selected. */
export const selected = new Selected();

/** Selects; nothing for `undefined`. */
export function select(it: Selection | undefined): void {
  if (JSON.stringify(it) !== JSON.stringify(selected.it)) selected.it = it;
}
