// MessagePack, as arguments and replies are encoded, which no host needs to start.

/** How values become payloads, and payloads values. */
export type MessagePack = typeof import("./payload.js");

/** Loads it, once. */
export const loadPayload = (): Promise<MessagePack> => import("./payload.js");
