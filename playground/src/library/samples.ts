// The sample actors of the library: what each is, which contracts it uses, and what to ask it first.

import type { Operation } from "../lattice/contracts";

/** What is known of a sample before it is fetched. */
export interface Sample {
  /** The file's name without `.wasm`. */
  file: string;
  name: string;
  about: string;
  contracts: string[];
  operations?: Operation[];
}

const HTTP = "wasmcloud:httpserver";

const request = (method: string, path: string, body = ""): string =>
  JSON.stringify({ method, path, queryString: "", header: {}, body }, null, 2);

const handle = (method: string, path: string, body?: string): Operation => ({
  name: "HttpServer.HandleRequest",
  example: request(method, path, body),
});

/** In the order in which the library shows them. */
export const SAMPLES: Sample[] = [
  { file: "http_echo", name: "http-echo", about: "Answers with the request as JSON", contracts: [HTTP] },
  { file: "kv_counter", name: "kv-counter", about: "Counts requests by path", contracts: ["wasmcloud:keyvalue", HTTP] },
  {
    file: "tiny_counter",
    name: "tiny-counter",
    about: "The same in half the lines",
    contracts: ["wasmcloud:keyvalue", HTTP],
  },
  {
    file: "wapc_upper",
    name: "wapc-upper",
    about: "Text in upper case; needs no link",
    contracts: [],
    operations: [
      { name: "upper", example: "hello", raw: true },
      { name: "fail", example: "an error on purpose", raw: true },
    ],
  },
  {
    file: "blob_notes",
    name: "blob-notes",
    about: "Keeps notes as objects",
    contracts: ["wasmcloud:blobstore", HTTP],
    operations: [handle("PUT", "/shopping", "milk")],
  },
  {
    file: "sql_notes",
    name: "sql-notes",
    about: "Keeps notes by SQL, and counts their versions",
    contracts: ["wasmcloud:sqldb", HTTP],
    operations: [handle("PUT", "/shopping", "milk")],
  },
  {
    file: "event_journal",
    name: "event-journal",
    about: "Appends to a stream, and follows it",
    contracts: ["wisteria:eventstreams"],
    operations: [
      { name: "Journal.Write", example: '"hello"' },
      { name: "Journal.Follow", example: "" },
      { name: "Journal.Handled", example: "" },
    ],
  },
  {
    file: "accounts",
    name: "accounts",
    about: "Moves money by transactions",
    contracts: ["wisteria:keyvalue2"],
    operations: [
      { name: "Accounts.Open", example: '["ada", 100]' },
      { name: "Accounts.Transfer", example: '["ada", "bob", 10]' },
      { name: "Accounts.Balance", example: '"ada"' },
      { name: "Accounts.Names", example: "" },
    ],
  },
  {
    file: "message_bridge",
    name: "message-bridge",
    about: "Answers messages with their body",
    contracts: ["wasmcloud:messaging"],
  },
  {
    file: "http_fetch",
    name: "http-fetch",
    about: "Fetches the address in the query",
    contracts: ["wasmcloud:httpclient", HTTP],
  },
  {
    file: "alarm_clock",
    name: "alarm-clock",
    about: "Notes each tick of a schedule",
    contracts: ["wisteria:cron", "wasmcloud:keyvalue"],
    operations: [{ name: "Clock.Ticks", example: "" }],
  },
  {
    file: "secret_check",
    name: "secret-check",
    about: "Says whether a text is the secret",
    contracts: ["wisteria:secrets"],
    operations: [{ name: "Secret.Matches", example: '["greeting", "hello"]' }],
  },
  {
    file: "telnet_chat",
    name: "telnet-chat",
    about: "A chat of terminals",
    contracts: ["wisteria:telnet", "wasmcloud:keyvalue"],
  },
  {
    file: "chat",
    name: "chat",
    about: "A chat of tabs and terminals",
    contracts: ["wisteria:ui", "wasmcloud:messaging", "wasmcloud:keyvalue", "wisteria:telnet"],
    operations: [
      { name: "Chat.Say", example: '["ada", "hello"]' },
      { name: "Chat.Present", example: "" },
    ],
  },
  {
    file: "fractal_farm",
    name: "fractal-farm",
    about: "Has a deep zoom drawn by all hosts that help",
    contracts: ["wisteria:ui", "wasmcloud:messaging", "wasmcloud:keyvalue"],
    operations: [{ name: "Farm.Progress", example: "" }],
  },
  {
    file: "fractal_tile",
    name: "fractal-tile",
    about: "Computes tiles of a deep zoom; needs no link",
    contracts: [],
    operations: [{ name: "Tile.Render", example: '{"picture": 0, "tile": 30}' }],
  },
  { file: "ws_echo", name: "ws-echo", about: "Says back what WebSockets say", contracts: [HTTP] },
];
