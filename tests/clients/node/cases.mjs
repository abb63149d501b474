// The table of cases for the npm clients: prints what became of each on the server at a URL, one JSON line per case.

import { createInbox, headers, nanos } from "@nats-io/nats-core";
import { connectTo } from "./connect.mjs";

const BURST = 20_000;
const MANY = 1000;
const PATIENCE = { timeout: 10_000 };

const cases = {
  facts(client) {
    const { headers, proto, max_payload } = client.info;
    return { headers, proto, hasLargestPayload: max_payload >= 1 << 20 };
  },

  async publishAndSubscribe(client) {
    const subscription = client.subscribe("clients.plain");
    client.publish("clients.plain", "hello");
    client.publish("clients.other", "not for us");
    client.publish("clients.plain");
    return texts(subscription, 2);
  },

  async star(client) {
    const subscription = client.subscribe("clients.*.leaf");
    for (const subject of ["clients.a.leaf", "clients.a.b.leaf", "clients.leaf", "clients.b.leaf", "clients.b.leaf.c"]) {
      client.publish(subject);
    }
    return subjectsUntilEnd(client, subscription, "clients.end.leaf");
  },

  async greater(client) {
    const subscription = client.subscribe("clients.>");
    for (const subject of ["clients", "clients.a", "clients.a.b.c", "others.a"]) client.publish(subject);
    return subjectsUntilEnd(client, subscription, "clients.end");
  },

  async overlapping(client) {
    const subscriptions = ["clients.a", "clients.*", "*.a"].map((pattern) => client.subscribe(pattern));
    client.publish("clients.a", "once each");
    return Promise.all(subscriptions.map((subscription) => texts(subscription, 1)));
  },

  /** Each message reaches one member, and none is left out. */
  async queueGroup(client) {
    const got = [[], [], []];
    await new Promise((resolve) => {
      for (const mine of got) {
        const callback = (_error, message) => {
          mine.push(Number(message.string()));
          if (got.flat().length === 100) resolve();
        };
        client.subscribe("clients.jobs", { queue: "workers", callback });
      }
      for (let number = 0; number < 100; number += 1) client.publish("clients.jobs", String(number));
    });
    await client.flush();
    const all = got.flat().sort((a, b) => a - b);
    return { eachOnce: all.length === 100 && all.every(isItsPlace), allMembers: got.every((mine) => mine.length > 0) };
  },

  async request(client) {
    answer(client);
    const asked = Array.from({ length: 20 }, (_, number) => client.request("clients.ask", String(number), PATIENCE));
    return (await Promise.all(asked)).map((reply) => reply.string());
  },

  async requestOnInboxOfItsOwn(client) {
    answer(client);
    return (await client.request("clients.ask", "x", { ...PATIENCE, noMux: true })).string();
  },

  async requestMany(client) {
    for (let number = 0; number < 3; number += 1) answer(client);
    const replies = [];
    for await (const reply of await client.requestMany("clients.ask", "x", { strategy: "count", maxMessages: 3, maxWait: 10_000 })) {
      replies.push(reply.string());
    }
    return replies;
  },

  async noResponders(client) {
    return caught(client.request("clients.nobody", "x", PATIENCE));
  },

  /** What the error is made from: an empty message with a status. */
  async noRespondersOnTheWire(client) {
    const inbox = createInbox();
    const subscription = client.subscribe(inbox, { max: 1 });
    client.publish("clients.nobody", "x", { reply: inbox });
    const [message] = await take(subscription, 1);
    return { code: message.headers?.code, size: message.data.length };
  },

  async headers(client) {
    const subscription = client.subscribe("clients.headers");
    const sent = headers();
    sent.append("Many", "one");
    sent.append("Many", "two");
    sent.append("case-Kept", "a: b");
    client.publish("clients.headers", "body", { headers: sent });
    client.publish("clients.headers", undefined, { headers: sent });
    client.publish("clients.headers", "none");
    const got = await take(subscription, 3);
    return got.map((message) => [message.string(), message.headers ? [...message.headers] : null]);
  },

  async echoOff(client, connect) {
    const quiet = await connect({ noEcho: true });
    const [own, others] = [quiet.subscribe("clients.echo"), client.subscribe("clients.echo")];
    await Promise.all([client.flush(), quiet.flush()]);
    quiet.publish("clients.echo", "mine");
    const seen = await texts(others, 1);
    client.publish("clients.echo", "theirs");
    return [seen, await texts(own, 1)];
  },

  async verbose(_client, connect) {
    const talker = await connect({ verbose: true });
    const subscription = talker.subscribe("clients.verbose");
    talker.publish("clients.verbose", "x");
    return texts(subscription, 1);
  },

  async pedantic(_client, connect) {
    const strict = await connect({ pedantic: true });
    const subscription = strict.subscribe("clients.pedantic");
    strict.publish("clients.pedantic", "x");
    return texts(subscription, 1);
  },

  async unsubscribeAfter(client) {
    const subscription = client.subscribe("clients.max", { max: 3 });
    for (let number = 0; number < 5; number += 1) client.publish("clients.max", String(number));
    await client.flush();
    return { got: await everyText(subscription), closed: subscription.isClosed() };
  },

  async unsubscribe(client) {
    const subscription = client.subscribe("clients.left");
    client.publish("clients.left", "before");
    await client.flush();
    subscription.unsubscribe();
    client.publish("clients.left", "after");
    await client.flush();
    return subscription.getReceived();
  },

  async drainSubscription(client) {
    const subscription = client.subscribe("clients.drain");
    for (let number = 0; number < 100; number += 1) client.publish("clients.drain", String(number));
    const drained = subscription.drain();
    client.publish("clients.drain", "too late");
    const got = await everyText(subscription);
    await drained;
    return got.length === 100 && got.every(isItsPlace);
  },

  async drainConnection(client, connect) {
    const leaving = await connect();
    const subscription = leaving.subscribe("clients.drain");
    await leaving.flush();
    for (let number = 0; number < 100; number += 1) client.publish("clients.drain", String(number));
    await client.flush();
    await leaving.flush();
    const drained = leaving.drain();
    const got = await everyText(subscription);
    await drained;
    return { all: got.length === 100 && got.every(isItsPlace), closed: leaving.isClosed() };
  },

  async largestPayload(client) {
    const size = client.info.max_payload;
    const subscription = client.subscribe("clients.large");
    client.publish("clients.large", new Uint8Array(size).fill(7));
    const [message] = await take(subscription, 1);
    return message.data.length === size && message.data.every((byte) => byte === 7);
  },

  async tooLargePayload(client) {
    const size = client.info.max_payload + 1;
    return caught((async () => client.publish("clients.large", new Uint8Array(size)))());
  },

  /** A client that does not look at the limit itself hears of it and is cut off. */
  async tooLargeForTheServer(_client, connect) {
    const rude = await connect();
    rude.protocol.sendCommand(`PUB clients.large ${rude.info.max_payload + 1}\r\n`);
    const error = await rude.closed();
    return String(error);
  },

  async burst(client) {
    const subscription = client.subscribe("clients.burst");
    for (let number = 0; number < BURST; number += 1) client.publish("clients.burst", String(number));
    const got = await texts(subscription, BURST);
    return got.every(isItsPlace);
  },

  async manySubscriptions(client) {
    const subscriptions = Array.from({ length: MANY }, (_, number) => client.subscribe(`clients.many.${number}`));
    for (let number = 0; number < MANY; number += 1) client.publish(`clients.many.${number}`, String(number));
    const got = await Promise.all(subscriptions.map((subscription) => texts(subscription, 1)));
    return got.flat().every(isItsPlace);
  },

  async roundTrip(client) {
    return nanos(await client.rtt()) >= 0;
  },
};

/** The case's text is the number of its place. */
const isItsPlace = (text, place) => Number(text) === place;

function answer(client) {
  client.subscribe("clients.ask", { callback: (_error, message) => message.respond(`answer to ${message.string()}`) });
}

/** The next messages of a subscription, which stays. */
async function take(subscription, count) {
  const messages = subscription[Symbol.asyncIterator]();
  const taken = [];
  while (taken.length < count) {
    const { value, done } = await messages.next();
    if (done) throw new Error(`the subscription ended after ${taken.length} of ${count} messages`);
    taken.push(value);
  }
  return taken;
}

async function texts(subscription, count) {
  return (await take(subscription, count)).map((message) => message.string());
}

/** What comes until the subscription ends by itself. */
async function everyText(subscription) {
  const got = [];
  for await (const message of subscription) got.push(message.string());
  return got;
}

/** The subjects seen before the one that says that nothing follows. */
async function subjectsUntilEnd(client, subscription, end) {
  client.publish(end);
  const seen = [];
  for await (const message of subscription) {
    seen.push(message.subject);
    if (message.subject === end) return seen;
  }
  throw new Error("the subscription ended");
}

async function caught(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

/** What became of a case on connections of its own. An exception is an outcome as well. */
async function run(name, url) {
  const open = [];
  const connect = async (options) => {
    const client = await connectTo(url, { reconnect: false, ...options });
    open.push(client);
    return client;
  };
  try {
    return await cases[name](await connect(), connect);
  } catch (error) {
    return { failed: String(error) };
  } finally {
    await Promise.all(open.map((client) => client.close()));
  }
}

for (const name of Object.keys(cases)) {
  console.log(JSON.stringify({ case: name, outcome: await run(name, process.argv[2]) }));
}
