// A server of its own for a test, and the command line that speaks to it.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { latticeOfThisRun, startLattice } from "./lattice.mjs";
import { wisteria } from "./paths.mjs";
import { end, start } from "./processes.mjs";
import { until } from "./until.mjs";

/** Who signed `echo_messaging`. */
const echoIssuer = "ABRK5MP6QRTH7HXOVP2PR2TLDW6DPLBAF3LTGVWQRFVEF7W5VOUMACXB";

/**
 * Starts `wisteria up` on a free port, or at `listen`, with an empty data directory and more `options`; in the lattice
 * that this run is about, or in another. Where it joins the server `joined`, it does so with that one's credentials.
 */
export async function startServer({ listen = "127.0.0.1:0", options = [], lattice = latticeOfThisRun, joined } = {}) {
  const { source, stopLattice } = await startLattice(lattice);
  const folder = mkdtempSync(join(tmpdir(), "wisteria-"));
  const args = ["up", "--listen", listen, "--data-dir", folder, "--allow-unsigned", "--trust", echoIssuer, ...source, ...options];
  if (joined) args.push("--creds", joined.creds("host"));
  const creds = (role) => joined?.creds(role) ?? join(folder, `${role}.creds`);
  let program, url;
  const run = async () => {
    program = start(wisteria, args, { env: { WISTERIA_KEYS: join(folder, "keys") } });
    url = await until(() => {
      const ready = /Wisteria is ready at (http:\/\/\S+)/.exec(program.output);
      if (!ready && program.child.exitCode !== null) throw new Error(program.output);
      return ready?.[1];
    }, "the server to be ready");
  };
  const stop = async () => {
    await end(program);
    await stopLattice();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await run();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get url() {
      return url;
    },
    /** Where tabs and servers join the lattice by way of this server. */
    get bridge() {
      return url.replace("http:", "ws:") + "lattice";
    },
    cli: (...args) => cli(url, creds("operator"), args),
    /** Runs a command that must succeed; resolves with what it printed. */
    run: async (...args) => {
      const { code, stdout, stderr } = await cli(url, creds("operator"), args);
      if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
      return stdout.trim();
    },
    /** What lets a role into its lattice; no such file where it asks for none. */
    creds,
    output: () => program.output,
    /** Resolves with the exit code once the process has ended by itself. */
    exit: async () => (await program.exited)[0],
    signal: (name) => program.child.kill(name),
    /** Ends the process without a word; what it keeps stays for `restart`. */
    kill: () => end(program),
    restart: run,
    stop,
  };
}

/** Runs one command; resolves with its exit code and what it printed, whatever the code. */
function cli(url, creds, args) {
  const way = ["--url", url, ...(existsSync(creds) ? ["--creds", creds] : [])];
  return new Promise((resolve) => {
    execFile(wisteria, [...args, ...way], (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}
