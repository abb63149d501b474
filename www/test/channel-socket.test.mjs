// A connection between threads, used as a WebSocket at both ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { ChannelSocket } from "../dist/channel-socket.js";

/** Two ends that are open. */
function pair() {
  const { port1, port2 } = new MessageChannel();
  const ended = [];
  const ends = [port1, port2].map((port, at) => new ChannelSocket(port, { ended: () => ended.push(at) }));
  ends.forEach((end) => end.open());
  return { ends, ended };
}

const next = (socket, event) => new Promise((resolve) => (socket[event] = resolve));

test("bytes arrive as they were when they were sent, whatever becomes of their memory", async () => {
  const { ends } = pair();
  const memory = new Uint8Array(100).fill(1);
  const arrived = next(ends[1], "onmessage");
  ends[0].send(memory.subarray(10, 13));
  memory.fill(2);
  const { data } = await arrived;
  assert.ok(data instanceof ArrayBuffer);
  assert.deepEqual([...new Uint8Array(data)], [1, 1, 1]);
  ends[0].close();
});

test("what has not arrived counts as buffered, and no longer does once it has", async () => {
  const { ends } = pair();
  const size = 1 << 20;
  const arrived = next(ends[1], "onmessage");
  ends[0].send(new Uint8Array(size));
  assert.equal(ends[0].bufferedAmount, size);
  await arrived;
  // The answer comes after the word on what has arrived.
  const answered = next(ends[0], "onmessage");
  ends[1].send(new Uint8Array(1));
  await answered;
  assert.equal(ends[0].bufferedAmount, 0);
  ends[0].close();
});

test("an end that closes is told to the other alone, once", async () => {
  const { ends, ended } = pair();
  const closed = next(ends[1], "onclose");
  ends[0].onclose = () => assert.fail("it closed by itself");
  ends[0].close();
  ends[0].close();
  await closed;
  ends[1].lose();
  assert.deepEqual(ended, [0, 1]);
  assert.deepEqual(ends.map(({ readyState }) => readyState), [3, 3]);
  // Nothing is sent any more, and nothing fails.
  ends[1].send(new Uint8Array(1));
  assert.equal(ends[1].bufferedAmount, 0);
});

test("an end is told when the other opens, and for which term", async () => {
  const { port1, port2 } = new MessageChannel();
  const terms = [];
  const socket = new ChannelSocket(port1, { opens: (term) => (terms.push(term), socket.open()), ended: () => {} });
  assert.ok(socket.isConnecting);
  const opened = next(socket, "onopen");
  port2.postMessage({ opens: "a" });
  await opened;
  assert.deepEqual([terms, socket.isConnecting], [["a"], false]);
  port2.postMessage({ closes: true });
  await next(socket, "onclose");
});
