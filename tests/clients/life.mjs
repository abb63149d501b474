// A client in a program of its own, which asks for what is done to its server and to itself while it is connected.

import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { start } from "../browser/processes.mjs";
import { relay } from "./relay.mjs";

/** Far more than a server keeps for a client that takes nothing, and the system for both. */
const FLOOD = 64 << 20;
/** Milliseconds that all cases of one client may take. */
const LIMIT = 60_000;

/** Runs cases of the client on `server`; resolves with the outcomes by case. */
export async function live({ transport, program: [program, ...args] }, server, cases) {
  const way = await relay(server.urls[transport]);
  const client = start(program, [...args, way.url, ...cases], { stdio: ["pipe", "pipe", "pipe"] });
  const deeds = {
    restart: () => server.restart(),
    cut: () => way.cut(),
    flood: ({ subject }) => frozen(client, () => flood(server.urls.tcp, subject)),
    "lame duck": () => server.leave(),
  };
  const outcomes = new Map();
  const late = setTimeout(() => client.child.kill("SIGKILL"), LIMIT);
  try {
    for await (const line of createInterface({ input: client.child.stdout })) {
      const said = JSON.parse(line);
      if (said.case) outcomes.set(said.case, said.outcome);
      else {
        await deeds[said.ask](said);
        client.child.stdin.write("done\n");
      }
    }
    await client.exited;
  } finally {
    clearTimeout(late);
    way.stop();
  }
  if (client.child.exitCode !== 0) throw new Error(`${program} broke:\n${client.output}`);
  return outcomes;
}

/** Does something while the client is stopped, as a laptop that sleeps. */
async function frozen({ child }, act) {
  child.kill("SIGSTOP");
  try {
    await act();
  } finally {
    child.kill("SIGCONT");
  }
}

/** Publishes more than a server keeps for one client; resolves once it has dealt with all of it. */
async function flood(url, subject) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const payload = Buffer.alloc(1 << 20);
  socket.write('CONNECT {"verbose":false}\r\n');
  for (let sent = 0; sent < FLOOD; sent += payload.length) {
    socket.write(`PUB ${subject} ${payload.length}\r\n`);
    socket.write(payload);
    socket.write("\r\n");
  }
  socket.write("PING\r\n");
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error("the server cut whoever published");
    if (value === "PONG") break;
  }
  socket.destroy();
}
