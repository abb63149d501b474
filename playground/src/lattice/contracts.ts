// What the page knows of contracts: names for people, and the operations by which actors are called.

/** An operation of an actor, with an argument to begin with. */
export interface Operation {
  name: string;
  /** JSON, or text where `raw`. */
  example: string;
  /** Bytes in and out instead of values. */
  raw?: boolean;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

const request = { method: "GET", path: "/hello", queryString: "", header: {}, body: "" };

/** Operations that providers of a contract call. */
export const OPERATIONS: Record<string, Operation[]> = {
  "wasmcloud:httpserver": [
    { name: "HttpServer.HandleRequest", example: json(request) },
    { name: "WebSocket.Received", example: json({ session: "1", text: "hello" }) },
  ],
  "wasmcloud:messaging": [{ name: "MessageSubscriber.HandleMessage", example: json({ subject: "hello", body: "hi" }) }],
  "wasmcloud:blobstore": [
    {
      name: "ChunkReceiver.ReceiveChunk",
      example: json({ containerId: "notes", objectId: "one", bytes: "hi", offset: 0, isLast: true }),
    },
  ],
  "wisteria:cron": [{ name: "Cron.HandleTick", example: json({ name: "minute", scheduledTime: 0, missed: 0 }) }],
  "wisteria:eventstreams": [
    { name: "EventSubscriber.HandleEvent", example: json({ stream: "notes", subscription: "default", event: {} }) },
  ],
  "wisteria:telnet": [{ name: "Telnet.ReceiveText", example: json({ session: "1", text: "hello" }) }],
  "wisteria:ui": [{ name: "Ui.HandleEvent", example: json({ name: "button", kind: "click" }) }],
};

const EVERY_ACTOR: Operation = { name: "Actor.HealthRequest", example: "{}" };

/** The operations of an actor with these contracts, and those of its own. */
export function operationsOf(contracts: string[], own: Operation[] = []): Operation[] {
  const told = contracts.flatMap((contract) => OPERATIONS[contract] ?? []);
  const isOther = ({ name }: Operation) => !own.some((one) => one.name === name);
  return [...own, ...told.filter(isOther), EVERY_ACTOR];
}

/** Contracts that need no link. */
export function isBuiltIn(contract: string): boolean {
  return contract.startsWith("wasmcloud:builtin:");
}

/** The part of a contract's name that tells it apart. */
export function shortContract(contract: string): string {
  return contract.replace(/^(wasmcloud|wisteria):/, "");
}

const HUES: Record<string, number> = {
  "wasmcloud:keyvalue": 150,
  "wisteria:keyvalue2": 175,
  "wasmcloud:httpserver": 245,
  "wasmcloud:httpclient": 215,
  "wasmcloud:messaging": 45,
  "wasmcloud:blobstore": 25,
  "wasmcloud:sqldb": 340,
  "wisteria:eventstreams": 75,
  "wisteria:ui": 310,
};

/** The hue of a contract's ports, in degrees: what joins looks alike. */
export function hueOf(contract: string): number {
  return HUES[contract] ?? [...contract].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
}
