// Cases in which the suite does something to the server or to this process, which the connection outlives:
// `node life.mjs URL CASE…`.

import { connectTo } from "./connect.mjs";
import { ask, leave, tell } from "./talk.mjs";

const cases = {
  restart: (connect) => comeBack(connect, "life.restart", () => ask("restart")),
  cut: (connect) => comeBack(connect, "life.cut", () => ask("cut")),
  slow: (connect) => comeBack(connect, "life.slow", () => ask("flood", { subject: "life.slow" })),

  async lameDuck(connect) {
    const statuses = (await connect()).status()[Symbol.asyncIterator]();
    await ask("lame duck");
    await until(statuses, "ldm");
    return "told";
  },
};

/** Waits for the first status of a type. */
async function until(statuses, type) {
  for (;;) {
    const { value, done } = await statuses.next();
    if (done) throw new Error(`the connection closed before ${type}`);
    if (value.type === type) return;
  }
}

/** Lets the suite act, waits for the way back and says whether the subscriptions of before still hear. */
async function comeBack(connect, subject, act) {
  const client = await connect();
  const heard = [{}, { queue: "life" }].map((options) => {
    return new Promise((hear) => {
      // Whatever piled up before may still come.
      client.subscribe(subject, { ...options, callback: (_error, message) => message.string() === "again" && hear() });
    });
  });
  await client.flush();
  const statuses = client.status()[Symbol.asyncIterator]();
  await act();
  await until(statuses, "disconnect");
  await until(statuses, "reconnect");
  // The subscriptions travel ahead of the question.
  await client.flush();
  (await connect()).publish(subject, "again");
  await Promise.all(heard);
  return "disconnected, reconnected, subscriptions live";
}

const [url, ...names] = process.argv.slice(2);
for (const name of names) {
  const open = [];
  const connect = async () => {
    const client = await connectTo(url, { reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    open.push(client);
    return client;
  };
  tell(name, await cases[name](connect).catch((error) => `failed: ${error}`));
  await Promise.all(open.map((client) => client.close()));
}
leave();
