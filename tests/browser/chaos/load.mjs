// Calls that keep coming from every side, whatever becomes of those before.

import { decode, encode } from "@msgpack/msgpack";
import { setInterval } from "node:timers/promises";
import { PATIENCE } from "./ledger.mjs";

/** Calls of one source that may be open at once; beyond it the source waits. */
const OPEN = 32;
/** Milliseconds between two calls of a source. */
const EVERY = 40;
/** What HTTP callers are given, in milliseconds, by every server's own rule. */
const HTTP_DEADLINE = 2_000;

const HANDLE = "HttpServer.HandleRequest";
const request = (path) => ({ method: "GET", path, queryString: "", header: {}, body: new Uint8Array() });

/** Begins to call; resolves, once `stop` is called on what it returns, when every call has ended. */
export function startLoad(lattice, ledger, random) {
  const over = new AbortController();
  const state = { path: "chaos" };
  const deadline = () => random.between(500, 2_000);
  const sources = [
    { name: "nats", hosts: () => ["first"], call: (path) => byNats(lattice, path, deadline()) },
    { name: "http", hosts: () => ["second"], call: (path) => path && byHttp(lattice, path) },
    ...["first", "second", "third"].map((at) => ({
      name: `tab at ${at}`,
      hosts: () => [lattice.tabs[at].name],
      call: (path) => byTab(lattice, lattice.tabs[at].tab, path, deadline()),
    })),
  ];
  const running = Promise.all(sources.map((source) => keepCalling(source, state, ledger, over.signal)));
  return {
    /** The path that is counted from now on. */
    count: (path) => (state.path = path),
    stop() {
      over.abort();
      return running;
    },
  };
}

async function keepCalling({ name, hosts, call }, state, ledger, signal) {
  const open = new Set();
  let turn = 0;
  try {
    for await (const _ of setInterval(EVERY, undefined, { signal })) {
      if (open.size >= OPEN) continue;
      turn += 1;
      // Every other call counts; by HTTP all do.
      const path = turn % 2 === 0 || name === "http" ? state.path : undefined;
      const from = performance.now();
      const concerned = hosts();
      const one = call(path).then((outcome) => {
        const to = performance.now();
        ledger.note({ source: name, hosts: concerned, counter: path, from, to, elapsed: to - from, ...outcome });
        open.delete(one);
      });
      open.add(one);
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
  await Promise.all(open);
}

async function byNats({ nats, upper, counter }, path, deadline) {
  const [actor, operation, argument] = path
    ? [counter, HANDLE, encode(request(`/${path}`))]
    : [upper, "upper", new TextEncoder().encode("chaos")];
  const answer = await nats.call(actor, operation, argument, { deadline, patience: PATIENCE / 2 });
  if (answer === undefined) return { deadline, code: "silence" };
  if (answer.code !== undefined) return { deadline, ...answer };
  const body = path ? decode(answer.reply).body : answer.reply;
  return { deadline, ...success(path, new TextDecoder().decode(body)) };
}

async function byHttp({ http }, path) {
  const deadline = HTTP_DEADLINE;
  try {
    const response = await fetch(`http://${http}/${path}`, { signal: AbortSignal.timeout(deadline + PATIENCE) });
    const body = await response.text();
    if (response.status === 200) return { deadline, ...success(path, body) };
    return { deadline, code: response.headers.get("wisteria-error") ?? "", message: body };
  } catch (error) {
    return { deadline, code: "transport", message: String(error.cause ?? error) };
  }
}

async function byTab({ upper, counter }, tab, path, deadline) {
  const argument = path ? { actor: counter, operation: HANDLE, path: `/${path}` } : { actor: upper, operation: "upper" };
  try {
    const outcome = await tab.page.evaluate(async ({ actor, operation, path, deadline }) => {
      const began = performance.now();
      const text = (bytes) => new TextDecoder().decode(bytes);
      const elapsed = () => performance.now() - began;
      try {
        const { wisteria } = window;
        const reply = path
          ? await wisteria.call(actor, operation, { method: "GET", path, queryString: "", header: {}, body: "" }, { deadline })
          : await wisteria.call(actor, operation, new TextEncoder().encode("chaos"), { deadline, raw: true });
        const body = path ? reply.body : reply;
        return { elapsed: elapsed(), reply: typeof body === "string" ? body : text(body) };
      } catch (error) {
        return { elapsed: elapsed(), code: error.code ?? "", message: error.message };
      }
    }, { ...argument, deadline });
    const { elapsed, reply, ...failure } = outcome;
    return { deadline, elapsed, ...(reply === undefined ? failure : success(path, reply)) };
  } catch (error) {
    return { deadline, code: "caller-gone", message: error.message };
  }
}

/** A reply that must be right: the text in capitals, or a count. */
function success(path, reply) {
  if (path === undefined) return reply === "CHAOS" ? { code: "ok" } : { code: "", message: `wrong reply ${reply}` };
  const { counter, key } = JSON.parse(reply);
  return key === `counter:${path}` ? { code: "ok", count: counter } : { code: "", message: `wrong reply ${reply}` };
}
