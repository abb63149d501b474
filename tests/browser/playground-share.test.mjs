// What goes out of a playground and comes into another: manifests, links and examples.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, test } from "node:test";
import { DESK, PHONE } from "./playground.mjs";
import { freeAddress } from "./http.mjs";
import { withCustomSection } from "./module.mjs";
import { moduleBytes } from "./paths.mjs";
import { until } from "./until.mjs";
import { visits } from "./visits.mjs";

describe("what a playground shares", { timeout: 900_000 }, () => {
  const { visit, another, endLater } = visits();

  /** Has a dialog open that the palette names. */
  async function choose(play, words) {
    await play.button("Commands…").click();
    await play.page.getByRole("combobox", { name: "Command" }).fill(words);
    await play.page.keyboard.press("Enter");
    const dialog = play.page.getByRole("dialog", { name: words.replace("…", "") });
    await dialog.waitFor();
    return dialog;
  }

  /** Moves this tab's box on the canvas. */
  async function moveHost(play) {
    const { x, y } = await play.node("Host: This tab").boundingBox();
    await play.page.mouse.move(x + 30, y + 12);
    await play.page.mouse.down();
    await play.page.mouse.move(x + 60, y + 52, { steps: 8 });
    await play.page.mouse.up();
    await until(() => placeOfHost(play), "the place to be kept");
  }

  /** Where this tab's box was put, as the browser keeps it. */
  const placeOfHost = (play) =>
    play.page.evaluate(() => {
      const { places } = JSON.parse(localStorage.getItem("wisteria canvas default") ?? "{}");
      const { x, y } = places?.["host own"] ?? {};
      return x === undefined ? undefined : { x: Math.round(x), y: Math.round(y) };
    });

  /** What runs where, and what is linked to what, whatever the keys of hosts are. */
  const picture = (play) =>
    play.page.evaluate(async () => {
      const { lattice } = window.wisteria;
      const hosts = (await lattice.hosts()).filter(({ presence }) => presence === "live");
      const inventories = await Promise.all(hosts.map(({ id }) => lattice.inventory(id)));
      const placeOf = ({ host_id, labels }) => (host_id === window.wisteria.id ? "this tab" : labels.kind);
      const actors = inventories.flatMap((host) =>
        host.actors.map(({ id, instances }) => [placeOf(host), id, instances[0].max_concurrent].join(" ")),
      );
      const providers = new Map(inventories.flatMap((host) => host.providers.map((one) => [one.id, `${one.name} of ${placeOf(host)}`])));
      const links = (await lattice.links()).map(({ actor_id, contract_id, link_name, provider_id, values }) =>
        [actor_id, contract_id, link_name, providers.get(provider_id), JSON.stringify(values)].join(" "),
      );
      return { actors: actors.sort(), links: links.sort() };
    });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} the manifest of one lattice makes another look the same, and its steps can be undone`, async () => {
      const play = await visit({ size });
      await play.start("kv-counter");
      await play.link("keyvalue", "keyvalue-memory on This tab");
      await play.inspector().getByText("keyvalue-memory · default").waitFor();
      const here = await picture(play);
      if (size === PHONE) await play.button("Close sheet").click();
      const dialog = await choose(play, "Export manifest…");
      const area = dialog.getByLabel("Manifest", { exact: true });
      await until(async () => (await area.inputValue()).includes("library/kv_counter.wasm"), "the manifest to be written");
      const text = await area.inputValue();
      const saving = play.page.waitForEvent("download");
      await dialog.getByRole("button", { name: "Download" }).click();
      const saved = await saving;
      assert.equal(saved.suggestedFilename(), "playground.yaml");
      assert.equal(await readFile(await saved.path(), "utf8"), text);

      const there = await visit({ size }, await another());
      const importing = await choose(there, "Import manifest…");
      await importing.getByLabel("Manifest in YAML or JSON").fill(text);
      await importing.getByRole("button", { name: "Show the plan" }).click();
      await importing.getByText("2 steps are missing").waitFor();
      await importing.getByText("Start kv-counter on This tab").waitFor();
      assert.deepEqual((await picture(there)).actors, [], "a plan starts nothing");
      await importing.getByRole("button", { name: "Apply" }).click();
      await importing.getByText("All of it runs", { exact: true }).waitFor();
      assert.deepEqual(await picture(there), here);
      await importing.getByRole("button", { name: "Show the plan" }).click();
      await importing.getByText("All of it runs already").waitFor();
      await importing.getByRole("button", { name: "Close" }).click();

      await there.button("Undo: Link").click();
      await until(async () => (await picture(there)).links.length === 0, "the link to be undone");
      await there.button("Undo: Start").click();
      await until(async () => (await picture(there)).actors.length === 0, "the start to be undone");
    });
  }

  test("a manifest whose module is a later revision updates the actor that runs, and that can be undone", async () => {
    const play = await visit();
    const sign = (revision) => play.tab.sign("kv_counter", { name: "Visits", revision, capabilities: ["wasmcloud:keyvalue"] });
    const [first, second] = [await sign(1), await sign(2)];
    const actor = await play.tab.start(first);
    const revision = () =>
      play.page.evaluate(async (actor) => {
        const { actors } = await window.wisteria.lattice.inventory(window.wisteria.id);
        return actors.find(({ id }) => id === actor).instances[0].revision;
      }, actor);
    await play.page.getByLabel("Module files").setInputFiles({ name: "visits.wasm", mimeType: "application/wasm", buffer: second });
    const importing = await choose(play, "Import manifest…");
    await importing.getByLabel("Manifest in YAML or JSON").fill(manifest("actor", `image: ${actor}`));
    await importing.getByRole("button", { name: "Show the plan" }).click();
    await importing.getByText(/^Update .* to revision 2$/).waitFor();
    assert.equal(await revision(), 1, "a plan updates nothing");
    await importing.getByRole("button", { name: "Apply" }).click();
    await importing.getByText("All of it runs", { exact: true }).waitFor();
    assert.equal(await revision(), 2);
    await importing.getByRole("button", { name: "Close" }).click();
    // It was to handle one call at once as well.
    await play.button(/^Undo: Start/).click();
    await play.button(/^Undo: Update/).click();
    await until(async () => (await revision()) === 1, "the update to be undone");
  });

  test("an actor by itself is exported with what it is linked to, and nothing else", async () => {
    const play = await visit();
    await play.start("http-echo");
    await play.start("kv-counter");
    await play.link("keyvalue", `keyvalue-memory on Server ${(await play.tab.server()).slice(0, 5)}`);
    await play.inspector().getByText("keyvalue-memory · default").waitFor();
    await play.inspector().getByRole("button", { name: "Export manifest…" }).click();
    const area = play.page.getByRole("dialog", { name: "Export manifest" }).getByLabel("Manifest", { exact: true });
    await until(async () => (await area.inputValue()).includes("kv-counter"), "the manifest to be written");
    const one = await area.inputValue();
    assert.ok(one.includes("keyvalue-memory") && !one.includes("http-echo"), one);
    assert.match(one, /requirements:\n\s+kind: server/);
    await play.page.getByRole("checkbox", { name: "http-echo" }).check();
    await until(async () => (await area.inputValue()).includes("http-echo"), "the other actor to come along");
  });

  test("a manifest that cannot be is refused with its place and the remedy, and a step that fails says why", async () => {
    const play = await visit();
    const dialog = await choose(play, "Import manifest…");
    const area = dialog.getByLabel("Manifest in YAML or JSON");
    const show = dialog.getByRole("button", { name: "Show the plan" });
    for (const [text, why] of [
      ["", "is empty; paste one"],
      ["a: [", "neither YAML nor JSON"],
      ["apiVersion: v2", "this reads core.oam.dev/v1beta1 alone"],
      [manifest("actor", "image: nowhere.wasm"), "nowhere.wasm answers 404"],
      [manifest("capability", "image: httpserver\n        contract: wasmcloud:httpserver", "kind: mars"), "start or label hosts"],
    ]) {
      await area.fill(text);
      await show.click();
      await dialog.getByRole("alert").getByText(why).waitFor();
    }

    await area.fill(
      [
        manifest("actor", "image: library/http_echo.wasm"),
        "        - type: linkdef",
        "          properties: { target: web, values: { address: nowhere } }",
        "    - name: web",
        "      type: capability",
        "      properties: { image: httpserver, contract: wasmcloud:httpserver }",
      ].join("\n"),
    );
    await show.click();
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.getByRole("alert").getByText("write it as address=127.0.0.1:8080").waitFor();
    await dialog.getByRole("listitem").filter({ hasText: "Start one" }).getByText("Done").waitFor();
    await dialog.getByRole("listitem").filter({ hasText: "Link one and web" }).getByText("Failed").waitFor();
  });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} a link brings actors, modules, links and places to another lattice, once people say so`, async () => {
      const play = await visit({ size });
      await play.show("Library");
      await play.page.getByLabel("Module files").setInputFiles({ name: "mine.wasm", mimeType: "application/wasm", buffer: ownModule("tiny_counter") });
      await play.inspector().getByRole("heading", { name: "mine" }).waitFor();
      await play.page.evaluate(async () => {
        const { id, lattice, links } = window.wisteria;
        const { actors, providers } = await lattice.inventory(id);
        const provider_id = providers.find(({ name }) => name === "keyvalue-memory").id;
        await links.put({ actor_id: actors[0].id, provider_id, contract_id: "wasmcloud:keyvalue" });
      });
      await play.inspector().getByText("keyvalue-memory · default").waitFor();
      const here = await picture(play);
      assert.equal(here.actors.length, 1);
      if (size === PHONE) await play.button("Close sheet").click();
      if (size === DESK) await moveHost(play);
      const standing = await placeOfHost(play);
      await play.button("Share…").click();
      const sharing = play.page.getByRole("dialog", { name: "Share" });
      const field = sharing.getByRole("textbox", { name: /^Link/ });
      await until(async () => (await field.inputValue()).includes("#1"), "the link to be made");
      const { hash } = new URL(await field.inputValue());

      const fresh = await another();
      const there = await visit({ size, path: hash }, fresh);
      const shared = there.page.getByRole("dialog", { name: "Shared canvas" });
      await shared.getByText("its module is in the link").waitFor();
      assert.deepEqual((await picture(there)).actors, [], "a link starts nothing by itself");
      await shared.getByRole("button", { name: "Apply" }).click();
      await shared.getByText("All of it runs", { exact: true }).waitFor();
      assert.deepEqual(await picture(there), here);
      await shared.getByRole("button", { name: "Show it" }).click();
      await there.node("Actor: mine on This tab").waitFor();
      assert.deepEqual(await placeOfHost(there), standing);
      assert.equal(await there.page.evaluate(() => location.hash), "", "the link is asked about once");
    });
  }

  test("a link of the first format is read for ever", async () => {
    const play = await visit({ path: FIRST_LINK });
    const shared = play.page.getByRole("dialog", { name: "Shared canvas" });
    await shared.getByText("Actor kv-counter").waitFor();
    await shared.getByText("library/kv_counter.wasm").waitFor();
    await shared.getByRole("button", { name: "Not now" }).click();
    assert.deepEqual((await picture(play)).actors, []);
  });

  test("a link that is cut off, changed, foreign, too new or too long is refused with the remedy", async () => {
    const play = await visit();
    const changed = FIRST_LINK.slice(0, 40) + (FIRST_LINK[40] === "A" ? "B" : "A") + FIRST_LINK.slice(41);
    for (const [hash, why] of [
      [FIRST_LINK.slice(0, -20), "was cut off or changed on its way"],
      [FIRST_LINK.slice(0, 1 + 1), "was cut off or changed on its way"],
      [changed, "was cut off or changed on its way"],
      ["#1/somewhere?else", "characters that no link of a playground has"],
      ["#7abc", "is of format 7, and this page reads 1"],
      [`#1${"A".repeat(140_000)}`, "has 140,001 characters, and at most 131,072 are read"],
    ]) {
      await play.page.evaluate((next) => (location.hash = next), hash);
      await play.page.getByRole("alert").getByText(why).waitFor();
      await play.button("Dismiss").click();
      assert.equal(await play.page.getByRole("dialog").count(), 0);
    }
  });

  test("a link that names modules elsewhere gets none of them", async () => {
    const play = await visit();
    const asked = [];
    play.page.on("request", (request) => asked.push(request.url()));
    await play.page.evaluate((next) => (location.hash = next), ELSEWHERE_LINK);
    const shared = play.page.getByRole("dialog", { name: "Shared canvas" });
    await shared.getByRole("button", { name: "Apply" }).click();
    await shared.getByRole("alert").getByText("links start nothing from other places").waitFor();
    assert.deepEqual(asked.filter((url) => url.includes("elsewhere")), []);
  });

  test("what is too long for a link is said, and what to leave out", async () => {
    const play = await visit();
    for (const sample of ["sql_notes", "blob_notes"]) {
      const file = { name: `${sample}_mine.wasm`, mimeType: "application/wasm", buffer: ownModule(sample) };
      await play.page.getByLabel("Module files").setInputFiles(file);
      await play.inspector().getByRole("heading", { name: `${sample}_mine` }).waitFor();
    }
    await play.button("Share…").click();
    const sharing = play.page.getByRole("dialog", { name: "Share" });
    await sharing.getByRole("alert").getByText("leave out modules").waitFor();
    await sharing.getByRole("checkbox", { name: "Modules of your own" }).uncheck();
    await until(async () => (await sharing.getByRole("textbox", { name: /^Link/ }).inputValue()).includes("#1"), "the link to be made");
    await sharing.getByText("Not in the link: the modules of blob-notes-mine, sql-notes-mine").waitFor();
  });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    for (const [title, answer] of [
      ["Echo", /"path": "\/hello"/],
      ["KV counter", /counter:hello/],
    ]) {
      test(`on a ${name} the example ${title} runs by one click, and is called by the next`, async () => {
        const play = await visit({ size });
        await play.tryExample(title);
        await play.goOn("Call it");
        await play.page.getByRole("log", { name: "Calls" }).getByText(answer).first().waitFor();
        assert.equal(await play.page.getByRole("region", { name: "Begin" }).count(), 0, "examples go with the empty canvas");
      });
    }
  }

  test("examples stay away once they were sent away, and are there by the button", async () => {
    const play = await visit();
    const begin = play.page.getByRole("region", { name: "Begin" });
    await begin.waitFor();
    await play.button("Close examples").click();
    await begin.waitFor({ state: "detached" });
    await play.page.reload();
    await play.node("Host: Server").waitFor();
    assert.equal(await begin.count(), 0);
    await play.button("Examples…").click();
    await play.page.getByRole("dialog", { name: "Examples" }).getByRole("button", { name: "Try Echo" }).click();
    await play.node(/Actor: http-echo/).waitFor();
  });

  /** Has an address taken, by this or by whatever else has it, until the end of the test. */
  async function take(address) {
    const [host, port] = address.split(":");
    const taken = createServer();
    endLater(() => void taken.close());
    const listens = once(taken, "listening");
    taken.listen(Number(port), host);
    await listens.catch((error) => assert.equal(error.code, "EADDRINUSE"));
  }

  test("where the port of the chat is taken another one is chosen, and tabs and terminals read what each of them writes", async () => {
    await take("127.0.0.1:2323");
    const free = await freeAddress();
    const [one, other] = [await visit(), await visit({ size: PHONE })];
    await one.tryExample("Chat");
    const choosing = one.page.getByRole("dialog", { name: "Another address" });
    await choosing.getByRole("alert").getByText("cannot listen on 127.0.0.1:2323").getByText("choose another").waitFor();
    await one.isAccessible("where an address is taken");
    await choosing.getByLabel("Address").fill("nowhere");
    await choosing.getByRole("button", { name: "Listen there" }).click();
    await choosing.getByRole("alert").getByText("is not an address").waitFor();
    await choosing.getByLabel("Address").fill(free);
    await choosing.getByRole("button", { name: "Listen there" }).click();
    await choosing.waitFor({ state: "detached" });
    await one.page.getByText(`telnet ${free.replace(":", " ")}`).waitFor();
    await one.goOn("Join");
    await one.stage().getByText("you are tab-").waitFor();
    await other.button("Stage").click();
    await other.button("Join the chat with this tab").click();
    await other.stage().getByText("you are tab-").waitFor();
    const terminal = connect(Number(free.split(":")[1]), "127.0.0.1");
    endLater(() => terminal.destroy());
    let heard = "";
    terminal.on("data", (bytes) => (heard += bytes));
    await until(() => heard.includes("you are terminal-"), "the terminal to be greeted");

    const line = one.stage().getByLabel("Your line, then Enter");
    await line.fill("hello from a tab");
    await line.press("Enter");
    await other.stage().getByText("hello from a tab").waitFor();
    await until(() => heard.includes("hello from a tab"), "the terminal to hear the tab");
    terminal.write("hello from a terminal\r\n");
    await one.stage().getByText("hello from a terminal").waitFor();
    await other.stage().getByText("hello from a terminal").waitFor();
    await one.isAccessible("with a chat on the stage");
  });

  test("a link carries the source of an actor that was written here, which is compiled once people say so", async () => {
    const play = await visit();
    await play.button("New actor…").click();
    const form = play.page.getByRole("dialog", { name: "New actor" });
    await form.getByRole("radio", { name: /^echo /i }).check();
    await form.getByLabel("Name").fill("written");
    await form.getByRole("button", { name: "Create" }).click();
    const area = play.page.getByRole("region", { name: /^Code of / });
    await area.getByRole("button", { name: "Deploy", exact: true }).click();
    await area.getByRole("status").getByText(/was deployed in/).waitFor({ timeout: 90_000 });
    await play.button("Share…").click();
    const sharing = play.page.getByRole("dialog", { name: "Share" });
    await sharing.getByRole("checkbox", { name: "Sources of actors that were written here" }).waitFor();
    const { hash } = new URL(await sharing.getByRole("textbox", { name: /^Link/ }).inputValue());
    assert.ok(hash.length < 6000, `a source is short: ${hash.length} characters`);

    const there = await visit({ path: hash }, await another());
    const shared = there.page.getByRole("dialog", { name: "Shared canvas" });
    await shared.getByText(/its source is in the link, \d+ lines of AssemblyScript/).waitFor();
    await shared.getByRole("button", { name: "Apply" }).click();
    await shared.getByText("All of it runs", { exact: true }).waitFor({ timeout: 90_000 });
    await shared.getByRole("button", { name: "Show it" }).click();
    await there.node(/Actor: written on This tab/).waitFor();
    await there.button("Undo: Start written").waitFor();
  });

  test("labels are put on a host, changed and removed, and each is undone", async () => {
    const play = await visit();
    const host = await play.tab.server();
    const labels = () => play.page.evaluate(async (id) => (await window.wisteria.lattice.inventory(id)).labels, host);
    const isSo = (zone, what) => until(async () => (await labels()).zone === zone, what);
    await play.node("Host: Server").click({ position: { x: 60, y: 12 } });
    const pane = play.inspector();
    await pane.getByLabel("Name").fill("zone");
    await pane.getByLabel("Value").fill("east");
    await pane.getByRole("button", { name: "Add label" }).click();
    await pane.getByText("zone=east").waitFor();
    await isSo("east", "the host to have its label");
    await pane.getByRole("button", { name: "Change the label zone" }).click();
    await pane.getByLabel("Value").fill("west");
    await pane.getByRole("button", { name: "Change label", exact: true }).click();
    await isSo("west", "the label to be changed");
    await pane.getByRole("button", { name: "Remove the label zone" }).click();
    await isSo(undefined, "the label to be removed");
    await play.isAccessible("with a host's labels");
    for (const [zone, what] of [["west", "the removal"], ["east", "the change"], [undefined, "the label"]]) {
      await play.button(/^Undo: /).click();
      await isSo(zone, `${what} to be undone`);
    }
  });

  test("another host is stopped once that is confirmed", async () => {
    const [play, other] = [await visit(), await visit()];
    const name = `Tab ${other.tab.id.slice(0, 5)}`;
    await play.node(`Host: ${name}`).waitFor();
    await play.button("Commands…").click();
    await play.page.getByRole("combobox", { name: "Command" }).fill(`Show host ${name}`);
    await play.page.keyboard.press("Enter");
    await play.inspector().getByRole("button", { name: "Stop this host…" }).click();
    const asked = play.page.getByRole("dialog", { name: "Stop this host?" });
    await asked.getByText("Its page stays open").waitFor();
    await play.isAccessible("with the question");
    await asked.getByRole("button", { name: "Keep it" }).click();
    await play.inspector().getByRole("button", { name: "Stop this host…" }).click();
    await asked.getByRole("button", { name: "Stop", exact: true }).click();
    await play.node(`Host: ${name}`).waitFor({ state: "detached" });
    await other.page.getByRole("status").getByText("Left").waitFor();
  });

  test("a manifest that is dropped on the page is shown with its plan", async () => {
    const play = await visit();
    await play.page.evaluate((text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "echo.yaml"));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, manifest("actor", "image: library/http_echo.wasm"));
    const dialog = play.page.getByRole("dialog", { name: "Import manifest" });
    await dialog.getByText("Start one on Server").waitFor();
  });

  for (const theme of ["light", "dark"]) {
    test(`axe finds nothing in the dialogs in ${theme} colours`, async () => {
      const play = await visit({ theme });
      await play.start("http-echo");
      const exporting = await choose(play, "Export manifest…");
      await until(async () => (await exporting.getByLabel("Manifest", { exact: true }).inputValue()) !== "", "the manifest to be written");
      await play.isAccessible("with the export of a manifest");
      await exporting.getByRole("button", { name: "Close" }).click();
      const importing = await choose(play, "Import manifest…");
      await importing.getByLabel("Manifest in YAML or JSON").fill(manifest("actor", "image: library/http_echo.wasm"));
      await importing.getByRole("button", { name: "Show the plan" }).click();
      await importing.getByRole("region", { name: "Plan" }).getByRole("status").waitFor();
      await play.isAccessible("with the plan of a manifest");
      await importing.getByRole("button", { name: "Close" }).click();
      const sharing = await choose(play, "Share…");
      await until(async () => (await sharing.getByRole("textbox", { name: /^Link/ }).inputValue()) !== "", "the link to be made");
      await play.isAccessible("with a link");
      await sharing.getByRole("button", { name: "Close" }).click();
      await play.page.evaluate((next) => (location.hash = next), FIRST_LINK);
      const shared = play.page.getByRole("dialog", { name: "Shared canvas" });
      await shared.getByText("Actor kv-counter").waitFor();
      await play.isAccessible("with what a link holds");
      await shared.getByRole("button", { name: "Not now" }).click();
      await choose(play, "Examples…");
      await play.isAccessible("with the examples");
    });
  }
});

/** Links as they were made by the first version of this format. */
const FIRST_LINK =
  "#1bVFdTsMwDB5XscRbt2nAU9-4BC_ThLzUnawmcZSmHaXKzTgCh8JBHZPYlJfY_n78JY_y9blaPXzP4NBzS32CegYM_EaxZ_FQg5FIG0G3aWjcjrsjJdxBBR37RqevIVg2mAq2AqfDBhMWEY-OFNByVNFcQR_IlL4RF8STTz3U-z9YR9OIdqC1IydxUq00hTIwGPDIllPphSiBYmJS7gzs8HSfa8SniEbDwBl7Z6wMTX2BQc7V1XdcGxl8oni1VKKU8r6b5WPEOG278X1hbopHiaievMRapCz7rqH2RixhPFFZ7__uOR_0qJaTZrAFvD_o28kQzaUIFn_vM8hZP2iGD6h3TxVMUD-_5Jx_AA";
const ELSEWHERE_LINK =
  "#1bVBLbgIxDKU9itcDI7azai_RDWJhMgYikjhKPAOjUe7UI_QGvVKdCopUUDax_T5-_nx7_V4sXr5m8BjsnrJANwNG-0EpWw7QgeFEK0a_6mlsx_WOBNfQwMmGXqfvMTprUCq2Aa_DHgWrSEBPCtjbpKKlgRzJ1L5hHzlQkAzd5g92omlEN9DSk-c0qZZMsQ4MRtxZZ6X2YuJISSwpdwbr8fCcazhIQqNh4IzZG8dD391gUEpz9x2XhocglO6WSuRaPnc7isTctS25TOcj6XHogj46ai-ralazqrm95rtqOhtOPe0fVAXTgeqe_0OUstWnWp77wVXwZqtH5CGZWxEd_v7nUn4A";

/** A module that no library has. */
const ownModule = (name) => withCustomSection(moduleBytes(name), "m", "mine");

/** A manifest of one component, in YAML; with the label that its hosts must have. */
function manifest(type, properties, requirement = "") {
  const spread = requirement ? `spread: [{ requirements: { ${requirement} } }]` : "replicas: 1";
  return `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: { name: mine }
spec:
  components:
    - name: one
      type: ${type}
      properties:
        ${properties}
      traits:
        - type: spreadscaler
          properties: { ${spread} }`;
}
