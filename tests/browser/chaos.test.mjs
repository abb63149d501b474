// Servers and tabs that die, stall and lose their connections while calls come from every side.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { faults, killFirst, nameOf } from "./chaos/faults.mjs";
import { startLattice } from "./chaos/lattice.mjs";
import { Ledger } from "./chaos/ledger.mjs";
import { startLoad } from "./chaos/load.mjs";
import { random } from "./chaos/random.mjs";
import { get } from "./http.mjs";
import { until } from "./until.mjs";

/** The seed, to see the same faults again: `WISTERIA_CHAOS_SEED`. */
const SEED = Number(process.env.WISTERIA_CHAOS_SEED ?? Date.now() % 1_000_000);
/** Milliseconds of faults. */
const DURATION = 60_000;
/** Calls that are made once the lattice's own server is back. */
const CALLS = 300;
/** Milliseconds after a fault within which all is whole again. */
const RECOVERY = 10_000;

describe(`a lattice in trouble (seed ${SEED})`, { timeout: 240_000 }, () => {
  const dice = random(SEED);
  let lattice;

  before(async () => {
    console.log(`WISTERIA_CHAOS_SEED=${SEED}`);
    lattice = await startLattice();
    await lattice.settle(RECOVERY);
  });

  after(() => lattice?.stop());

  /** Does one fault and waits until nothing of it is left. */
  async function strike(ledger, name, target, work) {
    const fault = await ledger.during(name, target, work);
    try {
      await lattice.settle(RECOVERY);
    } finally {
      fault.settled = performance.now();
    }
  }

  /** How often a path was counted. */
  async function counted(path) {
    const answer = await get(lattice.http, `/${path}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.counter - 1;
  }

  function judge(ledger, counter, total) {
    ledger.print();
    ledger.balance(counter, total);
    const broken = ledger.broken();
    assert.deepEqual(broken.slice(0, 20), [], `${broken.length} calls broke a promise`);
  }

  test("with servers and tabs lost, each call ends in time and by name, and each increment counts once", async () => {
    const ledger = new Ledger();
    const load = startLoad(lattice, ledger, random(SEED));
    const end = performance.now() + DURATION;
    try {
      while (performance.now() < end) {
        for (const fault of dice.shuffle(faults)) {
          if (performance.now() >= end) break;
          const target = dice.pick(fault.targets);
          await strike(ledger, fault.name, nameOf(lattice, fault, target), () => fault.strike(lattice, target, dice));
        }
      }
    } finally {
      await load.stop();
    }
    judge(ledger, "chaos", await counted("chaos"));
  });

  test("with the lattice's own server lost, it is whole again once that is back", async () => {
    const ledger = new Ledger();
    const load = startLoad(lattice, ledger, random(SEED));
    load.count("outage");
    try {
      await strike(ledger, "kill", "first", () => killFirst(lattice, dice));
      load.count("second");
      const before = ledger.calls.length;
      await until(() => ledger.calls.length >= before + CALLS, `${CALLS} calls of the new count`);
    } finally {
      await load.stop();
    }
    judge(ledger, "second", await counted("second"));
  });
});
