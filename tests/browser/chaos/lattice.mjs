// A lattice of three servers and three tabs that run the same actors, and what is expected of it.

import assert from "node:assert/strict";
import * as chromium from "../chromium.mjs";
import { freeAddress, get } from "../http.mjs";
import { modulePath } from "../paths.mjs";
import { startServer as start } from "../server.mjs";
import { openTab } from "../tab.mjs";
import { until } from "../until.mjs";
import { startLink } from "./link.mjs";
import { joinByNats } from "./nats.mjs";

const MODULES = ["wapc_upper", "kv_counter"];
const MAX_INSTANCES = "8";
/** Milliseconds that hosts get to answer a question. */
const ANSWER = 1_000;

/** These servers' lattice is their own, whatever the run is about. */
const startServer = (how) => start({ lattice: "embedded", ...how });

/** Starts everything: `first` serves the lattice, `second` joins it, `third` joins it over a link that can be cut. */
export async function startLattice() {
  const [listen, natsListen, http] = [await freeAddress(), await freeAddress(), await freeAddress()];
  const first = await startServer({ listen, options: ["--nats-listen", natsListen] });
  const link = await startLink(listen);
  const joining = async (address) =>
    startServer({ listen: await freeAddress(), joined: first, options: ["--join", `ws://${address}/lattice`] });
  const [second, third, nats, ...browsers] = await Promise.all([
    joining(listen),
    joining(link.address),
    joinByNats(natsListen, first.creds("operator")),
    chromium.open(),
    chromium.open(),
    chromium.open(),
  ]);
  const lattice = new Lattice({ first, second, third }, browsers, nats, link, http);
  await lattice.begin();
  return lattice;
}

class Lattice {
  /** By the server that a tab's page comes from: `{ name, tab }`. */
  tabs = {};
  /** The keys of the servers' hosts, by their names. */
  ids = {};
  #opened = 0;

  constructor(servers, browsers, nats, link, http) {
    this.servers = servers;
    // Each server's page has a browser of its own, so that one can be frozen.
    this.browsers = Object.fromEntries(Object.keys(servers).map((at, index) => [at, browsers[index]]));
    this.nats = nats;
    this.link = link;
    this.http = http;
  }

  async begin() {
    for (const [name, server] of Object.entries(this.servers)) {
      this.ids[name] = (await (await fetch(new URL("/api/config", server.url))).json()).host_id;
    }
    [this.upper, this.counter] = await this.startActors("first");
    await Promise.all([this.startActors("second"), this.startActors("third")]);
    const store = await this.#provider("first", "keyvalue-memory");
    await this.#run("link", "put", this.counter, store, "wasmcloud:keyvalue");
    const entrance = await this.#provider("second", "httpserver");
    await this.#run("link", "put", this.counter, entrance, "wasmcloud:httpserver", `address=${this.http}`);
    for (const at of Object.keys(this.servers)) await this.openTab(at);
  }

  #run(...args) {
    return run(this.servers.first, ...args);
  }

  async #provider(server, name) {
    const { providers } = await this.nats.inventory(this.ids[server], ANSWER);
    return providers.find((one) => one.image_ref === name).id;
  }

  /** Starts the actors on a server, as nobody does by itself after its end. */
  startActors(name) {
    const start = (module) =>
      this.#run("start", "actor", modulePath(module), "--host", this.ids[name], "--max-instances", MAX_INSTANCES);
    return Promise.all(MODULES.map(start));
  }

  /** Opens the page of a server in a new tab, with the actors in it. */
  async openTab(at) {
    const tab = await openTab(this.browsers[at], this.servers[at]);
    for (const module of MODULES) await tab.start(module);
    this.#opened += 1;
    this.tabs[at] = { name: `tab ${this.#opened}`, tab };
  }

  /** The keys of all hosts. */
  hosts() {
    return [...Object.values(this.ids), ...Object.values(this.tabs).map(({ tab }) => tab.id)].sort();
  }

  /** Resolves once all hosts, and no others, answer and run the actors, and every way to call them works. */
  async settle(limit) {
    const expected = this.hosts();
    const actors = [this.upper, this.counter].sort();
    await until(async () => {
      const found = await this.nats.hosts(ANSWER, (found) => expected.every((host) => found.has(host)));
      assert.deepEqual([...found].sort(), expected, "the hosts that answer");
      for (const host of expected) {
        const inventory = await this.nats.inventory(host, ANSWER);
        assert.deepEqual(inventory?.actors.map((actor) => actor.id).sort(), actors, `what runs on ${host}`);
      }
      const answer = await get(this.http, "/settled");
      assert.equal(answer.status, 200, answer.text);
      for (const { tab } of Object.values(this.tabs)) {
        assert.deepEqual(await tab.call(this.upper, "upper", "settled", { raw: true }), { reply: "SETTLED" });
      }
      return true;
    }, "the lattice to be whole again", limit);
  }

  async stop() {
    await this.nats.close();
    await Promise.all(Object.values(this.browsers).map((browser) => browser.close()));
    this.link.close();
    await Promise.all(Object.values(this.servers).map((server) => server.stop()));
  }
}

async function run(server, ...args) {
  const { code, stdout, stderr } = await server.cli(...args);
  assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}
