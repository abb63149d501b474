// The control client that wasmCloud published for its 0.82 hosts, and the signer of that time, as programs.

import { execFile } from "node:child_process";
import { oracle } from "./paths.mjs";
import { start, end } from "./processes.mjs";
import { until } from "./until.mjs";

/** The client at a NATS address; each method of it is `client.call(method, …arguments)`. */
export function controlClient(nats, lattice = "default") {
  const args = (method, values) => [
    nats,
    lattice,
    method,
    ...values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))),
  ];
  return {
    /** Resolves with what the client returns, rejects with its error. */
    call: async (method, ...values) => JSON.parse(await run("control", args(method, values))),
    /** Follows events of these kinds from now on. */
    follow: async (...kinds) => {
      const program = start(oracle("control"), args("events_receiver", kinds));
      const lines = () => program.output.split("\n").slice(0, -1);
      await until(() => {
        if (program.child.exitCode !== null) throw new Error(program.output);
        return lines().length > 0;
      }, "the client to follow events");
      return {
        /** The first event of a kind whose data have these members. */
        event: (kind, data = {}) => {
          const fits = (event) =>
            event.type === `com.wasmcloud.lattice.${kind}` &&
            Object.entries(data).every(([name, value]) => event.data[name] === value);
          const seen = () => lines().slice(1).map((line) => JSON.parse(line)).find(fits);
          return until(seen, `the event ${kind} with ${JSON.stringify(data)}`);
        },
        stop: () => end(program),
      };
    },
  };
}

/**
 * Signs modules, given as pairs of paths from and to, as the revisions 1, 2, … of one actor; resolves with
 * the keys of the actor and of who signed it. */
export async function signRevisions(name, capabilities, pairs) {
  return (await run("sign", [name, capabilities.join(","), ...pairs.flat()])).trim().split(" ");
}

function run(program, args) {
  return new Promise((resolve, reject) => {
    execFile(oracle(program), args, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(" ")}: ${stderr || error.message}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
