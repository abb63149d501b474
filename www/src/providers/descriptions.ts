// What the providers that each tab brings along say of themselves. What they do is loaded when the first link comes.

import { describe } from "../describe.js";
import type { Description } from "../provide.js";

/** What a browser keeps journals in. */
export type Keeping = "opfs" | "indexeddb";

/** What people call it. */
const title = (where: Keeping) => (where === "opfs" ? "files of the origin" : "IndexedDB");

/** Values of links to key-value. */
export const KEY_VALUE = { FILE: { default: "keyvalue", about: "name of the store", example: "visits" } } as const;

/** Key-value that outlives the tab. What is kept elsewhere is another's. */
export function keyValueDescription(where: Keeping): Description {
  return describe("wasmcloud:keyvalue", { name: `keyvalue-${where}`, title: `Key-value that outlives the tab (${title(where)})`, values: KEY_VALUE });
}

/** Values of links to event streams. */
export const EVENT_STREAMS = {
  FILE: { default: "eventstreams", about: "name of the store; links that name the same one share it", example: "orders" },
  MAX_EVENTS: { kind: "number", about: "how many events of a stream are kept; the oldest go first; all by default", example: "10000" },
  MAX_BYTES: { kind: "size", about: "how many bytes of events of a stream are kept; the oldest go first; all by default", example: "64Mi" },
  MAX_AGE: { kind: "duration", about: "how long an event is kept; for good by default", example: "7d" },
} as const;

/** Event streams that outlive the tab. What is kept elsewhere is another's. */
export function eventStreamsDescription(where: Keeping): Description {
  return describe("wisteria:eventstreams", { name: `eventstreams-${where}`, title: `Event streams that outlive the tab (${title(where)})`, values: EVENT_STREAMS });
}

/** Values of links to objects. */
export const BLOBS = {
  ROOT: { default: "blobs", about: "name of the store that has the containers; links that name the same one share it", example: "pictures" },
  MAX_OBJECT: { kind: "size", default: "1Gi", about: "how large an object may become", example: "64Mi" },
} as const;

/** Objects that outlive the tab, as files of its origin. */
export const blobsDescription: Description = describe("wasmcloud:blobstore", {
  name: "blobstore-opfs",
  title: "Objects that outlive the tab (files of the origin)",
  values: BLOBS,
});

/** Values of links to messaging. */
export const MESSAGING = {
  SUBSCRIPTION: {
    kind: "list",
    about: "subjects that the actor hears, each with its queue group after | where it is not the actor's own",
    example: "orders.new,audit.>|auditors",
  },
  PUBLISH: { kind: "list", about: "subjects to which the actor may publish; without it all but those of systems", example: "orders.>,audit" },
  CONCURRENCY: { kind: "number", default: "16", about: "how many messages the actor is handed at a time, up to 256; 1 keeps their order", example: "1" },
} as const;

/** Messages among the actors that are linked to it, without a server. */
export const messagingDescription: Description = describe("wasmcloud:messaging", {
  name: "messaging-tab",
  title: "Messages among the actors that are linked to it",
  values: MESSAGING,
});

/** Values of links to the HTTP client. */
export const HTTP_CLIENT = {
  ALLOW: {
    kind: "list",
    required: true,
    about: "where requests may go: scheme, host or *.DOMAIN, port, where paths begin",
    example: "https://api.example.org,https://*.example.com/v1/",
  },
  TIMEOUT: { kind: "duration", default: "10s", about: "how long a request may take, body included", example: "5s" },
  MAX_BODY: { kind: "size", default: "4Mi", about: "largest body of a response, at most 16Mi", example: "64Ki" },
} as const;

/** Requests by the browser's own `fetch`. */
export const httpClientDescription: Description = describe("wasmcloud:httpclient", {
  name: "httpclient-fetch",
  title: "HTTP client of the browser",
  values: HTTP_CLIENT,
});
