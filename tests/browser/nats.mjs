// A NATS server of its own for a test, with JetStream and a WebSocket port.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, start } from "./processes.mjs";
import { until } from "./until.mjs";

/** Names the program. */
const PROGRAM = "WISTERIA_NATS_SERVER";

/** Starts the program on free ports of this machine with an empty store; tells where it listens. */
export async function startNats() {
  const path = process.env[PROGRAM];
  if (!path) throw new Error(`${PROGRAM} names no NATS server; \`cargo xtask test browser\` sets it, or let it be a nats-server`);
  const folder = mkdtempSync(join(tmpdir(), "wisteria-nats-"));
  const file = join(folder, "nats.conf");
  const here = "127.0.0.1:-1";
  // The server reads JSON, too.
  const config = { listen: here, websocket: { listen: here, no_tls: true }, jetstream: { store_dir: join(folder, "store") } };
  writeFileSync(file, JSON.stringify(config));
  const program = start(path, ["-c", file]);
  await until(() => {
    if (program.child.exitCode !== null) throw new Error(program.output);
    return program.output.includes("Server is ready");
  }, `${path} to be ready`);
  return {
    /** For servers. */
    url: `nats://${/client connections on (\S+)/.exec(program.output)[1]}`,
    /** For tabs. */
    webSocketUrl: /websocket clients on (ws:\S+)/.exec(program.output)[1],
    async stop() {
      await end(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
