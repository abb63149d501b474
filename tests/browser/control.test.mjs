// A lattice of a server and a tab, run by the control client that wasmCloud published for its 0.82 hosts.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as chromium from "./chromium.mjs";
import { controlClient, signRevisions } from "./control.mjs";
import { modulePath } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const KEYVALUE = "wasmcloud:keyvalue";
const CAPABILITIES = [KEYVALUE, "wasmcloud:httpserver", "wasmcloud:builtin:logging", "wasmcloud:builtin:numbergen"];
const TAKEN = { accepted: true, error: "" };
/** How the hosts call what they offer to others by the hash of its bytes. */
const OFFERED = "wisteria://module/";

describe("the published control client of wasmCloud 0.82", { timeout: 180_000 }, () => {
  let folder, server, browser, tab, client, events, host, actor;
  const revision = (number) => join(folder, `visits-${number}.wasm`);
  const file = (number) => `file://${revision(number)}`;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "wisteria-"));
    const pairs = [
      [modulePath("kv_counter"), revision(1)],
      [modulePath("http_echo"), revision(2)],
    ];
    const [signed, issuer] = await signRevisions("Visits", CAPABILITIES, pairs);
    actor = signed;
    // The published client knows no inboxes of its own.
    const options = ["--open", "--nats-listen", "127.0.0.1:0", "--allow-file-load", "--trust", issuer];
    [server, browser] = await Promise.all([
      startServer({ lattice: "embedded", options }),
      chromium.open(),
    ]);
    tab = await openTab(browser, server);
    host = await tab.server();
    const nats = await until(() => /NATS clients join at (nats:\/\/\S+)/.exec(server.output())?.[1], "the port for NATS clients");
    client = controlClient(nats);
    events = await client.follow(
      "actors_started",
      "actor_scaled",
      "actor_updated",
      "actors_stopped",
      "linkdef_set",
      "linkdef_deleted",
      "provider_started",
      "provider_stopped",
      "labels_changed",
      "host_stopped",
    );
  });

  after(async () => {
    await events?.stop();
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const inventory = (of) => client.call("get_host_inventory", of);
  const runs = async (on) => (await inventory(on)).actors.find(({ id }) => id === actor);
  /** Who bids in an auction. */
  const bidders = async (...auction) => (await client.call(...auction)).map(({ host_id }) => host_id).sort();
  const both = () => [host, tab.id].sort();
  const store = async (on) => (await inventory(on)).providers.find(({ image_ref }) => image_ref === "keyvalue-memory");

  /** Calls the actor by the command line, from outside of both hosts; resolves with the body, or why there is none. */
  const call = async (path) => {
    const request = { method: "GET", path, queryString: "", header: {}, body: { base64: "" } };
    const args = ["call", actor, "HttpServer.HandleRequest", JSON.stringify(request)];
    const { code, stdout, stderr } = await server.cli(...args);
    return code === 0 ? JSON.parse(JSON.parse(stdout).body) : { failure: stderr };
  };

  test("lists the server and the tab", async () => {
    const hosts = await until(async () => {
      const hosts = await client.call("get_hosts");
      return hosts.length === 2 && hosts;
    }, "both hosts to answer");
    const kinds = Object.fromEntries(hosts.map(({ id, labels }) => [id, labels.kind]));
    assert.deepEqual(kinds, { [host]: "server", [tab.id]: "browser" });
    for (const { lattice, version, uptime_human, uptime_seconds, friendly_name } of hosts) {
      assert.equal(lattice, "default");
      assert.match(version, /^\d+\.\d+\.\d+/);
      assert.match(uptime_human, /\d/);
      assert.equal(typeof uptime_seconds, "number");
      assert.notEqual(friendly_name, "");
    }
  });

  test("reads what each of them runs", async () => {
    const [ofServer, ofTab] = await Promise.all([inventory(host), inventory(tab.id)]);
    assert.deepEqual([ofServer.host_id, ofTab.host_id], [host, tab.id]);
    assert.deepEqual([ofServer.labels.kind, ofTab.labels.kind], ["server", "browser"]);
    assert.deepEqual([ofServer.actors, ofTab.actors], [[], []]);
    const contracts = ({ providers }) => providers.map(({ contract_id, link_name }) => `${contract_id} ${link_name}`);
    assert.ok(contracts(ofServer).includes("wasmcloud:httpserver default"), contracts(ofServer).join());
    assert.ok(contracts(ofTab).includes(`${KEYVALUE} default`), contracts(ofTab).join());
    assert.ok(!contracts(ofTab).includes("wasmcloud:httpserver default"), contracts(ofTab).join());
  });

  test("starts an actor on the server, with annotations", async () => {
    assert.deepEqual(await client.call("scale_actor", host, file(1), 3, { owner: "test" }), TAKEN);
    await events.event("actors_started", { host_id: host, public_key: actor });
    const { id, image_ref, name, instances } = await runs(host);
    assert.deepEqual({ id, image_ref, name }, { id: actor, image_ref: file(1), name: "Visits" });
    const [{ instance_id, ...run }] = instances;
    assert.notEqual(instance_id, "");
    assert.deepEqual(run, { annotations: { owner: "test" }, image_ref: file(1), revision: 1, max_instances: 3 });
  });

  test("reads its claims", async () => {
    const claims = (await client.call("get_claims")).find(({ sub }) => sub === actor);
    const { iss, ...others } = claims;
    assert.match(iss, /^A[A-Z2-7]{55}$/);
    const caps = CAPABILITIES.join(",");
    assert.deepEqual(others, { sub: actor, name: "Visits", caps, rev: "1", version: "0.1.0", tags: "", call_alias: "" });
  });

  test("scales it", async () => {
    assert.deepEqual(await client.call("scale_actor", host, actor, 7, null), TAKEN);
    await events.event("actor_scaled", { host_id: host, public_key: actor, max_instances: 7 });
    assert.equal((await runs(host)).instances[0].max_instances, 7);
  });

  test("puts, lists and deletes a link", async () => {
    assert.match((await call("/a")).failure, /not linked/);
    const { id } = await store(host);
    const values = {};
    assert.deepEqual(await client.call("advertise_link", actor, id, KEYVALUE, "default", values), TAKEN);
    const link = { actor_id: actor, provider_id: id, contract_id: KEYVALUE, link_name: "default", values };
    assert.deepEqual(await client.call("query_links"), [link]);
    await events.event("linkdef_set", { actor_id: actor, provider_id: id });
    assert.equal((await call("/a")).counter, 1);

    assert.deepEqual(await client.call("remove_link", actor, KEYVALUE, "default"), TAKEN);
    assert.deepEqual(await client.call("query_links"), []);
    await events.event("linkdef_deleted", { actor_id: actor, contract_id: KEYVALUE });
    assert.match((await call("/a")).failure, /not linked/);
    // What is gone already can be deleted again.
    assert.deepEqual(await client.call("remove_link", actor, KEYVALUE, "default"), TAKEN);

    assert.deepEqual(await client.call("advertise_link", actor, id, KEYVALUE, "default", {}), TAKEN);
    assert.equal((await call("/a")).counter, 2);
  });

  test("hears why a link is refused", async () => {
    const { id } = await store(host);
    const answer = await client.call("advertise_link", actor, id, "wasmcloud:messaging", "default", {});
    assert.equal(answer.accepted, false);
    assert.match(answer.error, /does not claim wasmcloud:messaging/);
    const unknown = await client.call("advertise_link", actor, id, KEYVALUE, "default", { note: "kept" });
    assert.equal(unknown.accepted, false);
    assert.match(unknown.error, /knows no value `note`; it takes none/);
  });

  test("starts the actor in the tab, which alone answers once the server's is stopped", async () => {
    assert.deepEqual(await client.call("scale_actor", tab.id, actor, 2, null), TAKEN);
    await events.event("actors_started", { host_id: tab.id, public_key: actor });
    assert.equal((await runs(tab.id)).instances[0].max_instances, 2);

    assert.deepEqual(await client.call("stop_actor", host, file(1), { owner: "test" }), TAKEN);
    await events.event("actors_stopped", { host_id: host, public_key: actor });
    assert.equal(await runs(host), undefined);
    assert.equal((await call("/a")).counter, 3);
  });

  test("updates it in the tab", async () => {
    // The server offers the new revision to others while it runs it.
    assert.deepEqual(await client.call("scale_actor", host, file(2), 1, null), TAKEN);
    await until(() => runs(host), "the new revision to run on the server");
    const reference = OFFERED + createHash("sha256").update(readFileSync(revision(2))).digest("hex");
    assert.deepEqual(await client.call("update_actor", tab.id, actor, reference, null), TAKEN);
    await events.event("actor_updated", { host_id: tab.id, public_key: actor, new_revision: 2 });
    const [{ revision: running, image_ref }] = (await runs(tab.id)).instances;
    assert.deepEqual([running, image_ref], [2, reference]);

    // Nought instances are none.
    assert.deepEqual(await client.call("scale_actor", host, actor, 0, null), TAKEN);
    await until(async () => (await runs(host)) === undefined, "the server to stop its own");
    assert.equal((await call("/updated")).path, "/updated");
  });

  test("hears what a host does not have", async () => {
    for (const [missing, ...command] of [
      [/does not run on host/, "update_actor", host, actor, file(2), null],
      [/does not run on host/, "stop_actor", host, actor, null],
      [/does not run on host/, "stop_provider", host, "keyvalue-memory", "cache", KEYVALUE, null],
      [/has no provider "keyvalue-etcd"; it has: keyvalue-memory/, "start_provider", host, "keyvalue-etcd", "default", null, null],
      [/takes no configuration/, "start_provider", host, "keyvalue-memory", "cache", null, '"{}"'],
    ]) {
      const answer = await client.call(...command);
      assert.equal(answer.accepted, false, command[0]);
      assert.match(answer.error, missing, command[0]);
    }
    // What runs nowhere can be scaled to nothing.
    assert.deepEqual(await client.call("scale_actor", host, actor, 0, null), TAKEN);
  });

  test("labels a host, and auctions by labels", async () => {
    assert.deepEqual(await bidders("perform_actor_auction", file(1), {}), both());
    assert.deepEqual(await bidders("perform_actor_auction", file(1), { kind: "browser" }), [tab.id]);
    assert.deepEqual(await bidders("perform_actor_auction", file(1), { zone: "near" }), []);
    assert.deepEqual(await client.call("put_label", host, "zone", "near"), TAKEN);
    await events.event("labels_changed", { host_id: host });
    assert.equal((await inventory(host)).labels.zone, "near");
    const [bid, ...others] = await client.call("perform_actor_auction", file(1), { zone: "near" });
    assert.deepEqual([bid, others], [{ actor_ref: file(1), host_id: host, constraints: { zone: "near" } }, []]);
    assert.deepEqual(await client.call("delete_label", host, "zone"), TAKEN);
    assert.equal((await inventory(host)).labels.zone, undefined);
  });

  test("auctions, starts and stops a provider", async () => {
    const auction = ["perform_provider_auction", "keyvalue-memory", "cache", {}];
    const caches = async () => (await inventory(tab.id)).providers.filter(({ link_name }) => link_name === "cache");
    assert.deepEqual(await bidders(...auction), both());
    assert.deepEqual(await client.call("start_provider", tab.id, "keyvalue-memory", "cache", { owner: "test" }, null), TAKEN);
    const { data } = await events.event("provider_started", { host_id: tab.id, link_name: "cache" });
    const [{ id, name, revision, ...cache }] = await caches();
    assert.equal(id, data.public_key);
    const annotations = { owner: "test" };
    assert.deepEqual(cache, { contract_id: KEYVALUE, link_name: "cache", image_ref: "keyvalue-memory", annotations });
    assert.deepEqual(await bidders(...auction), [host]);

    // By the reference that started it, or by its key.
    for (const [index, named] of ["keyvalue-memory", id].entries()) {
      if (index > 0) await client.call("start_provider", tab.id, "keyvalue-memory", "cache", null, null);
      await until(async () => (await caches()).length === 1, "the provider to run");
      assert.deepEqual(await client.call("stop_provider", tab.id, named, "cache", KEYVALUE, null), TAKEN);
      await until(async () => (await caches()).length === 0, "the provider to stop");
    }
    await events.event("provider_stopped", { host_id: tab.id, link_name: "cache" });
    assert.ok(await store(tab.id), "the one under the other link name runs on");
  });

  test("stops the tab and the server", async () => {
    assert.deepEqual(await client.call("stop_host", tab.id, null), TAKEN);
    await until(async () => (await client.call("get_hosts")).every(({ id }) => id === host), "the tab to be gone");
    await events.event("host_stopped");
    await assert.rejects(inventory(tab.id), /no responders/);
    assert.match((await call("/a")).failure, /no host on the lattice runs/);
    const said = await tab.call(actor, "HttpServer.HandleRequest", {});
    assert.equal(said.code, "stopped", JSON.stringify(said));
    assert.deepEqual(await client.call("stop_host", host, 500), TAKEN);
    assert.equal(await server.exit(), 0);
  });
});
