// Published NATS clients come back to Wisteria's broker as they come back to a NATS server.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { live } from "./life.mjs";
import { lives } from "./programs.mjs";
import { startNats, startWisteria } from "./servers.mjs";

const BACK = "disconnected, reconnected, subscriptions live";

/** The cases, in the order in which they are run, and what comes of each with every client on either server. */
const expected = new Map([
  ["restart", BACK],
  ["cut", BACK],
  ["slow", BACK],
  ["lameDuck", "told"],
]);

const servers = { "a NATS server": startNats, Wisteria: startWisteria };

describe("clients lose a server and come back", () => {
  for (const client of lives) {
    for (const [name, start] of Object.entries(servers)) {
      test(`${client.name} with ${name}`, async () => {
        const server = await start();
        try {
          assert.deepEqual(await live(client, server, expected.keys()), expected);
        } finally {
          await server.stop();
        }
      });
    }
  }
});
