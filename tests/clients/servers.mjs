// The two servers that every client speaks to: Wisteria's own broker, and the NATS server that sets the example.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, start } from "../browser/processes.mjs";
import { startServer } from "../browser/server.mjs";
import { until } from "../browser/until.mjs";

const natsServer = process.env.WISTERIA_NATS_SERVER;

/** Starts `wisteria up` for NATS clients, on a free port or on `port`. Resolves with its URLs by transport. */
export async function startWisteria(port = 0) {
  const server = await startServer({ options: ["--nats-listen", `127.0.0.1:${port}`] });
  const joined = () => /NATS clients join at (nats:\S+)/.exec(server.output())?.[1];
  const tcp = await until(joined, "the port for NATS clients");
  return {
    urls: { tcp, ws: server.bridge },
    signal: server.signal,
    kill: server.kill,
    async restart() {
      await server.restart();
      await until(joined, "the port for NATS clients");
    },
    stop: server.stop,
  };
}

/** Starts a NATS server with nothing but messages, on a free port or on `port`. Resolves with its URLs by transport. */
export async function startNats(port = -1) {
  if (!natsServer) throw new Error("WISTERIA_NATS_SERVER does not name a NATS server: run `cargo xtask test clients`");
  const folder = mkdtempSync(join(tmpdir(), "wisteria-nats-"));
  const config = join(folder, "nats.conf");
  writeFileSync(config, `listen: "127.0.0.1:${port}"\nwebsocket { listen: "127.0.0.1:-1", no_tls: true }\n`);
  let program;
  const heard = (line) => line.exec(program.output)?.[1];
  const run = async () => {
    program = start(natsServer, ["--config", config]);
    await until(() => {
      if (program.child.exitCode !== null) throw new Error(program.output);
      return heard(/(Server is ready)/);
    }, "the NATS server to be ready");
  };
  await run();
  return {
    urls: {
      tcp: `nats://${heard(/Listening for client connections on (\S+)/)}`,
      ws: heard(/Listening for websocket clients on (\S+)/),
    },
    signal: (name) => program.child.kill(name),
    kill: () => end(program),
    restart: run,
    async stop() {
      await end(program);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
