// The two servers that every client speaks to: Wisteria's own broker, and the NATS server that sets the example.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeAddress } from "../browser/http.mjs";
import { end, start } from "../browser/processes.mjs";
import { startServer } from "../browser/server.mjs";
import { until } from "../browser/until.mjs";

const natsServer = process.env.WISTERIA_NATS_SERVER;

/** Starts `wisteria up` for NATS clients. Resolves with its URLs by transport, which `restart` keeps. */
export async function startWisteria() {
  const [listen, nats] = [await freeAddress(), await freeAddress()];
  const server = await startServer({ listen, options: ["--nats-listen", nats] });
  const isJoinable = () => server.output().includes(`NATS clients join at nats://${nats}`);
  await until(isJoinable, "the port for NATS clients");
  return {
    urls: { tcp: `nats://${nats}`, ws: server.bridge },
    /** Ends it as a crash would, and starts it again. */
    async restart() {
      await server.kill();
      await server.restart();
      await until(isJoinable, "the port for NATS clients");
    },
    /** Asks it to end in good order. */
    leave: () => server.signal("SIGTERM"),
    stop: server.stop,
  };
}

/** Starts a NATS server with Wisteria's limits. Resolves with the same as `startWisteria`. */
export async function startNats() {
  if (!natsServer) throw new Error("WISTERIA_NATS_SERVER does not name a NATS server: run `cargo xtask test clients`");
  const [tcp, ws] = [await freeAddress(), await freeAddress()];
  const folder = mkdtempSync(join(tmpdir(), "wisteria-nats-"));
  const config = join(folder, "nats.conf");
  const listen = `listen: "${tcp}"\nwebsocket { listen: "${ws}", no_tls: true }\n`;
  writeFileSync(config, `${listen}max_payload: 8MB\nmax_pending: 16MB\n`);
  let program;
  const run = async () => {
    program = start(natsServer, ["--config", config]);
    await until(() => {
      if (program.child.exitCode !== null) throw new Error(program.output);
      return program.output.includes("Server is ready");
    }, "the NATS server to be ready");
  };
  await run();
  return {
    urls: { tcp: `nats://${tcp}`, ws: `ws://${ws}` },
    async restart() {
      await end(program);
      await run();
    },
    leave: () => program.child.kill("SIGUSR2"),
    async stop() {
      await end(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
