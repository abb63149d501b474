// What the palette offers to look at.

import type { Choice } from "../panels/choices";
import { settings } from "../ui/settings.svelte";
import { seeAll } from "./counting";
import { looking, SHOWN } from "./looking.svelte";
import { goOn, pause } from "./recorder.svelte";
import { traffic } from "./traffic.svelte";
import { writeNow } from "./watch";

/** Has the timeline in sight, showing that. */
function look(shown: keyof typeof SHOWN): void {
  looking.shown = shown;
  if (settings.isPhone) settings.sheet = "timeline";
  else settings.hasTimeline = true;
}

/** All that can be looked at. */
export function observingChoices(): Choice[] {
  return [
    ...(["messages", "traces", "subjects"] as const).map((shown) => ({
      words: `Show ${SHOWN[shown].toLowerCase()}`,
      act: () => look(shown),
    })),
    traffic.isPaused
      ? {
          words: "Go on showing calls",
          act: () => {
            goOn();
            writeNow();
          },
        }
      : { words: "Pause the display of calls", act: pause },
    ...(traffic.unseen.size > 0 ? [{ words: "All failures seen", act: seeAll }] : []),
  ];
}
