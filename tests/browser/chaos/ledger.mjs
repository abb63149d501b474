// What became of every call and every fault, and what that must add up to.

import assert from "node:assert/strict";

/** Milliseconds by which an answer may come after its deadline. */
export const PATIENCE = 1_000;

/** What ended without a sign that it did not run. */
const MAY_HAVE_RUN = /may have (run|been handled)|it may have handled/;
const ENDS_UNKNOWN = ["timeout", "host-lost", "silence", "transport", "caller-gone"];
/** What a fault may make of a call. */
const NAMED = ["ok", "timeout", "host-lost", "no-responders", "unreachable", "overloaded", "guest-failed"];
/** Outcomes that name nothing; each needs a fault that explains it. */
const UNNAMED = ["silence", "transport", "caller-gone"];

/** Calls and faults with the times, in milliseconds, at which they began and ended. */
export class Ledger {
  calls = [];
  faults = [];

  /** Notes a fault while `work` does it and mends it. */
  async during(name, target, work) {
    const fault = { name, target, from: performance.now(), to: Infinity };
    this.faults.push(fault);
    await work();
    fault.to = performance.now();
    return fault;
  }

  /** Notes a call: its `source` and that one's hosts, `counter` and what `outcome` it had after `elapsed`. */
  note(call) {
    this.calls.push(call);
  }

  /** Calls that broke a promise, each in a line. */
  broken() {
    return this.calls.flatMap((call) => {
      const { source, code, message, elapsed, deadline } = call;
      const line = `${source}: ${code} after ${elapsed.toFixed()} of ${deadline} ms: ${message ?? ""}`;
      const isHit = this.#overlaps(call, (fault) => call.hosts.includes(fault.target));
      if (!isHit && elapsed > deadline + PATIENCE) return [`too late: ${line}`];
      if (NAMED.includes(code)) return [];
      if (!UNNAMED.includes(code)) return [`no fault explains it: ${line}`];
      const isExplained = code === "silence" ? this.#overlaps(call, () => true) : isHit;
      return isExplained ? [] : [`no answer: ${line}`];
    });
  }

  #overlaps(call, concerns) {
    // What a fault leaves open ends with the deadline of the calls it met.
    return this.faults.some((fault) => concerns(fault) && fault.from <= call.to && call.from <= fault.to);
  }

  /** Asserts that a counter counted every call that it acknowledged, and no other but those that may have run. */
  balance(counter, total) {
    const calls = this.calls.filter((call) => call.counter === counter);
    const acknowledged = calls.filter((call) => call.code === "ok");
    const unknown = calls.filter((call) => mayHaveRun(call));
    console.log(`counter ${counter}: ${total} counted, ${acknowledged.length} acknowledged, ${unknown.length} unknown`);
    assert.ok(acknowledged.length > 0, "calls were answered");
    assert.equal(new Set(acknowledged.map((call) => call.count)).size, acknowledged.length, "each got a count of its own");
    assert.ok(total >= acknowledged.length, `${total} counted, ${acknowledged.length} acknowledged`);
    assert.ok(total <= acknowledged.length + unknown.length, `${total} counted, at most ${acknowledged.length + unknown.length} ran`);
  }

  /** Prints a line per fault: how long it was, how long mending took, and what calls then ended in. */
  print() {
    const begin = this.calls[0]?.from ?? 0;
    for (const fault of this.faults) {
      const codes = this.outcomes((call) => fault.from <= call.to && call.to <= fault.settled);
      const at = ((fault.from - begin) / 1000).toFixed(1).padStart(5);
      const lasted = (fault.to - fault.from).toFixed().padStart(5);
      const settled = (fault.settled - fault.to).toFixed().padStart(5);
      console.log(`${at} s  ${`${fault.name} ${fault.target}`.padEnd(20)} ${lasted} ms, settled ${settled} ms later: ${codes}`);
    }
    for (const source of new Set(this.calls.map((call) => call.source))) {
      console.log(`${source.padEnd(16)} ${this.outcomes((call) => call.source === source)}`);
    }
    console.log(`all              ${this.outcomes(() => true)}`);
  }

  /** How often each outcome came among some calls. */
  outcomes(among) {
    const counts = {};
    for (const call of this.calls.filter(among)) counts[call.code] = (counts[call.code] ?? 0) + 1;
    return Object.entries(counts).sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`).join(", ");
  }
}

function mayHaveRun({ code, message }) {
  return ENDS_UNKNOWN.includes(code) || (code !== "ok" && MAY_HAVE_RUN.test(message));
}
