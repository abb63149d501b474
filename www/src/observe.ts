// What hosts tell of the calls that they handle, while somebody watches: MessagePack on a subject of the lattice's own.

import type { Control } from "./control.js";
import { WisteriaError } from "./error.js";
import type { Observation, ObservedCall, ObservedEdge, ObservedLog } from "./observation.js";

/** Observations that a reader has not taken yet; beyond this the oldest are dropped, and counted in `missed` of the next. */
export const OBSERVATIONS_WAITING = 256;

/** Yields what hosts tell until the signal is aborted, the reader ends it, or the host stops. */
export async function* observe(control: Control, signal: AbortSignal | undefined): AsyncGenerator<Observation, undefined> {
  const heard = control.listen(`wisteria.calls.${control.lattice}.*`, signal);
  const waiting: Observation[] = [];
  let missed = 0;
  let lost = 0;
  let end: { error?: WisteriaError } | undefined;
  let wake = () => {};
  const hear = async () => {
    for await (const message of heard) {
      const observation = observationOf(message);
      if (!observation) continue;
      // What was lost before it reached this reader counts as well.
      missed += heard.dropped - lost;
      lost = heard.dropped;
      waiting.push(observation);
      if (waiting.length > OBSERVATIONS_WAITING) {
        waiting.shift();
        missed += 1;
      }
      wake();
    }
  };
  const ended = (error?: WisteriaError) => {
    end = error ? { error } : {};
    wake();
  };
  hear().then(
    () => ended(),
    (thrown: unknown) => ended(WisteriaError.from(thrown)),
  );
  try {
    for (;;) {
      const next = waiting.shift();
      if (next) {
        const told = { ...next, missed };
        missed = 0;
        yield told;
      } else if (end) {
        if (end.error) throw end.error;
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    await heard.return();
  }
}

/** Reads an observation; nothing for what is none, as a host may publish anything there, under its own key. */
function observationOf(message: { subject: string; payload: unknown }): Observation | undefined {
  try {
    const told = message.payload as Told | null;
    if (typeof told?.host !== "string" || !message.subject.endsWith(`.${told.host}`) || typeof told.at !== "number") return undefined;
    const { host, at, window = 0, edges = [], calls = [], dropped = 0, actors = [], logs = [] } = told;
    const heard = { host, at, window, dropped, missed: 0 };
    return { ...heard, edges: edges.map(edgeOf), calls: calls.map((call) => callOf(call, host)), actors, logs: logs.map((log) => ({ ...log, host })) };
  } catch {
    return undefined;
  }
}

/** As it travels. */
interface Told {
  host?: unknown;
  at?: unknown;
  window?: number;
  edges?: ToldEdge[];
  calls?: ToldCall[];
  dropped?: number;
  actors?: Observation["actors"];
  logs?: Omit<ObservedLog, "host">[];
}

type ToldEdge = Omit<ObservedEdge, "linkName"> & { link_name?: string };
type ToldCall = Omit<ObservedCall, "host" | "linkName" | "bytesIn" | "bytesOut" | "fuel" | "memory"> & {
  link_name?: string;
  bytes_in: number;
  bytes_out: number;
  fuel?: number | bigint;
  memory?: number | bigint;
};

function edgeOf({ link_name, ...edge }: ToldEdge): ObservedEdge {
  return { ...edge, ...(link_name === undefined ? {} : { linkName: link_name }) };
}

function callOf({ link_name, bytes_in, bytes_out, fuel, memory, ...call }: ToldCall, host: string): ObservedCall {
  return {
    ...call,
    host,
    bytesIn: bytes_in,
    bytesOut: bytes_out,
    ...(link_name === undefined ? {} : { linkName: link_name }),
    ...(fuel === undefined ? {} : { fuel: Number(fuel) }),
    ...(memory === undefined ? {} : { memory: Number(memory) }),
  };
}
