// A NATS server of its own for a test, with a WebSocket port beside the usual one.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeAddress } from "./http.mjs";
import { end, start } from "./processes.mjs";
import { until } from "./until.mjs";

/** Names the program. */
const PROGRAM = "WISTERIA_NATS_SERVER";

/**
 * Starts the program on free ports of this machine with further lines of configuration, in which `STORE` is an empty
 * folder of its own. Resolves with its URLs by transport, which `restart` keeps.
 */
export async function startNats(options = "") {
  const path = process.env[PROGRAM];
  if (!path) throw new Error(`${PROGRAM} names no NATS server; set it to the path of a nats-server, as \`cargo xtask test\` does`);
  const [tcp, ws] = [await freeAddress(), await freeAddress()];
  const folder = mkdtempSync(join(tmpdir(), "wisteria-nats-"));
  const file = join(folder, "nats.conf");
  const listen = `listen: "${tcp}"\nwebsocket { listen: "${ws}", no_tls: true }\n`;
  writeFileSync(file, `${listen}${options.replace("STORE", join(folder, "store"))}\n`);
  let program;
  const run = async () => {
    program = start(path, ["--config", file]);
    await until(() => {
      if (program.child.exitCode !== null) throw new Error(program.output);
      return program.output.includes("Server is ready");
    }, `${path} to be ready`);
  };
  await run();
  return {
    urls: { tcp: `nats://${tcp}`, ws: `ws://${ws}` },
    output: () => program.output,
    /** Ends it as a crash would, and starts it again. */
    async restart() {
      await end(program);
      await run();
    },
    /** Asks it to end in good order. */
    leave: () => program.child.kill("SIGUSR2"),
    async stop() {
      await end(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
