// What the timeline shows: kept here, as other panels lead there.

/** What it can show, in words. */
export const SHOWN = {
  all: "All",
  event: "Events",
  log: "Logs",
  call: "Calls made here",
  messages: "Messages",
  traces: "Traces",
  subjects: "Subjects",
  history: "History",
} as const;

class Looking {
  shown = $state<keyof typeof SHOWN>("all");
  host = $state("");
  actor = $state("");
  /** The only trace that is shown; all where empty. */
  trace = $state("");
}

/** What the timeline shows. */
export const looking = new Looking();
