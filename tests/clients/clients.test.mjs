// Published NATS clients see the same on Wisteria's broker as on a NATS server, case by case.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outcomes, tables } from "./programs.mjs";
import { startNats, startWisteria } from "./servers.mjs";

for (const { name, example, ours } of await runTables()) {
  describe(`${name} sees on both servers the same`, () => {
    test("list of cases", () => assert.deepEqual([...ours.keys()], [...example.keys()]));

    for (const [name, outcome] of example) {
      test(name, () => {
        // What a case expects is true; two failures that are alike prove nothing.
        assert.doesNotMatch(JSON.stringify(outcome), /\bfalse\b|"failed"/, "the case fails on the NATS server");
        assert.deepEqual(ours.get(name), outcome);
      });
    }
  });
}

/** What each client saw on the NATS server and on ours, one client after another. */
async function runTables() {
  const servers = await Promise.all([startNats(), startWisteria()]);
  try {
    const seen = [];
    for (const table of tables) {
      const [example, ours] = await Promise.all(servers.map(({ urls }) => outcomes(table, urls[table.transport])));
      seen.push({ name: table.name, example, ours });
    }
    return seen;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
