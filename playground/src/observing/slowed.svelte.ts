// The links that were slowed from this page.

class Slowed {
  /** Milliseconds by {@link linkId}. */
  links = $state.raw<ReadonlyMap<string, number>>(new Map());
}

const slowed = new Slowed();

/** By how many milliseconds a link is slowed; 0 where it is not. */
export const delayOf = (link: string): number => slowed.links.get(link) ?? 0;

/** Notes by how much a link is slowed. */
export function noteDelay(link: string, milliseconds: number): void {
  const others = [...slowed.links].filter(([other]) => other !== link);
  slowed.links = new Map(milliseconds > 0 ? [...others, [link, milliseconds]] : others);
}
