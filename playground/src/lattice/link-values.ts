// Link values of the providers that hosts bring along, as forms offer them.

/** A value that a link may have. */
export interface ValueField {
  name: string;
  about: string;
  /** What stands there where nothing is said. */
  fallback?: string;
  /** Without it the provider refuses the link; this is offered to begin with. */
  required?: string;
}

const FILE = (fallback: string): ValueField[] => [
  { name: "FILE", about: "Links that name the same one share it", fallback },
];
const SUBJECTS: ValueField[] = [
  { name: "SUBSCRIPTION", about: "Subjects that the actor hears, separated by commas" },
  { name: "PUBLISH", about: "Subjects that the actor may publish on" },
];

const FIELDS: Record<string, ValueField[]> = {
  "keyvalue-redb": FILE("keyvalue"),
  "keyvalue-opfs": FILE("keyvalue"),
  "keyvalue-indexeddb": FILE("keyvalue"),
  "keyvalue2-redb": FILE("keyvalue2"),
  "eventstreams-redb": FILE("eventstreams"),
  "eventstreams-opfs": FILE("eventstreams"),
  "eventstreams-indexeddb": FILE("eventstreams"),
  "sqldb-sqlite": FILE("sqldb"),
  "blobstore-fs": [{ name: "ROOT", about: "Name of the folder", fallback: "blobs" }],
  "blobstore-opfs": [{ name: "ROOT", about: "Name of the store", fallback: "blobs" }],
  httpserver: [
    { name: "address", about: "Where the server listens", required: "127.0.0.1:8080" },
    { name: "path", about: "Requests below this path", fallback: "/" },
  ],
  "httpserver-page": [{ name: "NAME", about: "Requests to /actors/NAME/ reach the actor", required: "app" }],
  httpclient: [{ name: "ALLOW", about: "Hosts that may be asked, separated by commas", required: "example.org" }],
  "httpclient-fetch": [
    { name: "ALLOW", about: "Hosts that may be asked, separated by commas", required: "example.org" },
  ],
  cron: [{ name: "schedule.minute", about: "When the actor is called", required: "* * * * *" }],
  secrets: [{ name: "NAMES", about: "Secrets that the actor may read, separated by commas", required: "greeting" }],
  telnet: [{ name: "ADDRESS", about: "Where the server listens", required: "127.0.0.1:2323" }],
  "messaging-lattice": SUBJECTS,
  "messaging-tab": SUBJECTS,
  "messaging-nats": [...SUBJECTS, { name: "URL", about: "The NATS server", required: "nats://127.0.0.1:4222" }],
};

/** The values that links to a provider of this name may have, as far as the page knows. */
export function fieldsOf(provider: string | undefined): ValueField[] {
  return FIELDS[provider ?? ""] ?? [];
}

/** What is offered to begin with. */
export function firstValues(provider: string | undefined): Record<string, string> {
  return Object.fromEntries(fieldsOf(provider).flatMap(({ name, required }) => (required ? [[name, required]] : [])));
}
