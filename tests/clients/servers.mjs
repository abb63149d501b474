// The two servers that every client speaks to: Wisteria's own broker, and the NATS server that sets the example.

import { freeAddress } from "../browser/http.mjs";
import { startNats as startServerOfNats } from "../browser/nats.mjs";
import { startServer } from "../browser/server.mjs";
import { until } from "../browser/until.mjs";

/** Starts `wisteria up` for NATS clients. Resolves with its URLs by transport, which `restart` keeps. */
export async function startWisteria() {
  const [listen, nats] = [await freeAddress(), await freeAddress()];
  const server = await startServer({ listen, lattice: "embedded", options: ["--open", "--nats-listen", nats] });
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
export const startNats = () => startServerOfNats("max_payload: 8MB\nmax_pending: 16MB");
