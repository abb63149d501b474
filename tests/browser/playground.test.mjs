// The playground: what a person does on it, by mouse, by keyboard, and on a phone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DESK, PHONE } from "./playground.mjs";
import { until } from "./until.mjs";
import { visits } from "./visits.mjs";

describe("the playground", { timeout: 300_000 }, () => {
  const { visit } = visits();
  let play;

  /** What the lattice tells of the actors on a host, by the npm package. */
  const actorsOn = (host) =>
    play.tab.page.evaluate(async (id) => (await window.wisteria.lattice.inventory(id)).actors, host);
  const links = () => play.tab.page.evaluate(() => window.wisteria.lattice.links());
  const call = () => play.inspector().getByRole("button", { name: "Call", exact: true }).click();
  const output = () => play.page.getByRole("log", { name: "Calls" });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} one opens it, starts an actor, links it and calls it`, async () => {
      play = await visit({ size });
      await play.node("Host: This tab").waitFor();
      await play.node("Host: Server").waitFor();
      await play.start("kv-counter");
      await play.link("keyvalue", "keyvalue-memory on This tab");
      await call();
      await output().getByText("counter:hello").waitFor();
      if (size === PHONE) await play.button("Close sheet").click();
      await play.node("Actor: kv-counter on This tab").waitFor();
      await play.show("Timeline");
      await play.page.getByText("counter:hello is now 1").first().waitFor();
    });

    for (const theme of ["light", "dark"]) {
      test(`on a ${name} axe finds nothing in ${theme} colours`, async () => {
        play = await visit({ size, theme });
        await play.node("Host: Server").waitFor();
        await play.isAccessible("at first");
        await play.start("kv-counter");
        await call();
        await output().getByText("is not linked").waitFor();
        await play.isAccessible("after a call that failed");
        await play.link("keyvalue", "keyvalue-memory on This tab");
        await play.inspector().getByText("keyvalue-memory · default").waitFor();
        await play.isAccessible("with a link");
        await play.button("Link httpserver…").click();
        await play.isAccessible("with the form of a link");
        await play.button("Close inspector").click();
        await play.page.keyboard.press("l");
        await play.page.getByRole("region", { name: "List" }).waitFor();
        await play.isAccessible("as a list");
        await play.page.keyboard.press("Control+k");
        await play.page.getByRole("combobox", { name: "Command" }).waitFor();
        await play.isAccessible("with the palette");
        await play.page.keyboard.press("Escape");
        await play.page.getByRole("combobox", { name: "Command" }).waitFor({ state: "detached" });
        await play.page.keyboard.press("?");
        await play.page.getByRole("dialog", { name: "Shortcuts" }).waitFor();
        await play.isAccessible("with the shortcuts");
      });
    }
  }

  test("a sample that is dragged to a host starts there", async () => {
    play = await visit();
    await play.button("Start http-echo").dragTo(play.node("Host: Server"));
    await play.node("Actor: http-echo on Server").waitFor();
    await until(async () => (await actorsOn(await play.tab.server())).length === 1, "the actor to run on the server");
    assert.deepEqual(await actorsOn(play.tab.id), []);
  });

  test("ports of one contract join, and others say why not", async () => {
    play = await visit();
    await play.start("kv-counter");
    await play.button("Fit to view").click();
    const port = play.node("Actor: kv-counter").locator(".svelte-flow__handle").first();
    await play.drag(port, play.node("Provider: httpserver"));
    const refusal = play.page
      .getByRole("alert")
      .getByText("for wasmcloud:keyvalue, and httpserver provides wasmcloud:httpserver");
    await refusal.waitFor();
    assert.deepEqual(await links(), []);
    await play.button("Dismiss").click();
    await refusal.waitFor({ state: "detached" });

    await play.drag(port, play.node(/Provider: keyvalue-memory .* on This tab/));
    await play.page.getByRole("group", { name: /^Link: default for keyvalue .*: Active/ }).waitFor();
    const [{ contract_id, status }] = await links();
    assert.deepEqual([contract_id, status.state], ["wasmcloud:keyvalue", "active"]);
  });

  test("a provider that refuses a link is quoted, and the failure stays until it is dismissed", async () => {
    play = await visit();
    await play.start("http-echo");
    await play.button("Link httpserver…").click();
    await play.inspector().getByLabel("Provider").selectOption({ index: 1 });
    await play.inspector().getByLabel(/^address/).fill("nowhere");
    await play.inspector().getByRole("button", { name: "Link", exact: true }).click();
    await play.page.getByRole("alert").getByText("write it as address=127.0.0.1:8080").waitFor();
    assert.deepEqual(await links(), []);
    await play.button("Dismiss").click();
    assert.equal(await play.button("Dismiss").count(), 0);
  });

  test("an actor that is dragged to another host moves there with its links", async () => {
    play = await visit();
    await play.start("kv-counter");
    await play.link("keyvalue", "keyvalue-memory on This tab");
    await play.button("Fit to view").click();
    const host = play.node("Host: Server");
    await play.drag(play.node("Actor: kv-counter"), host);
    await play.node("Actor: kv-counter on Server").waitFor();
    await play.node("Actor: kv-counter on This tab").waitFor({ state: "detached" });
    assert.equal((await actorsOn(await play.tab.server())).length, 1);
    await call();
    await output().getByText("counter:hello").waitFor();
  });

  test("each kind of command is undone and done again", async () => {
    play = await visit();
    const [own, other] = [play.tab.id, await play.tab.server()];
    /** Waits until the lattice itself is so. */
    const isSo = (ask, what) => until(ask, what);
    const runsOn = async (host) => (await actorsOn(host)).length === 1;
    const bounds = async () => (await actorsOn(own))[0]?.instances[0].max_concurrent;
    /** Does, undoes, does again, undoes, and does again. */
    const thereAndBack = async (act, title, is, isNot) => {
      await act();
      await isSo(is, `${title} to be done`);
      for (let time = 0; time < 2; time++) {
        await play.button(`Undo: ${title}`).click();
        await isSo(isNot, `${title} to be undone`);
        await play.button(`Redo: ${title}`).click();
        await isSo(is, `${title} to be done again`);
      }
    };
    const not = (ask) => async () => !(await ask());
    const hasLink = async () => (await links()).length === 1;

    await thereAndBack(
      () => play.start("kv-counter"),
      "Start kv-counter",
      () => runsOn(own),
      not(() => runsOn(own)),
    );
    await play.button("Show list").click();
    await play.page
      .getByRole("list", { name: "Actors on This tab" })
      .getByRole("button", { name: "kv-counter", exact: true })
      .click();
    const scale = async () => {
      await play.inspector().getByLabel("Calls at once, at most").fill("7");
      await play.button("Scale").click();
    };
    await thereAndBack(
      scale,
      "Scale kv-counter",
      async () => (await bounds()) === 7,
      async () => (await bounds()) === 4,
    );
    await thereAndBack(
      () => play.link("keyvalue", "keyvalue-memory on This tab"),
      "Link kv-counter",
      hasLink,
      not(hasLink),
    );
    await thereAndBack(() => play.button("Unlink kv-counter").click(), "Unlink kv-counter", not(hasLink), hasLink);
    await play.page
      .getByRole("list", { name: "Actors on This tab" })
      .getByRole("button", { name: "kv-counter", exact: true })
      .click();
    const move = async () => {
      await play.inspector().getByLabel("Host to move to").selectOption({ index: 1 });
      await play.button("Move", true).click();
    };
    const hasMoved = async () => (await runsOn(other)) && !(await runsOn(own));
    const isBack = async () => (await runsOn(own)) && !(await runsOn(other));
    await thereAndBack(move, "Move kv-counter", hasMoved, isBack);
    const stop = () =>
      play.page
        .getByRole("list", { name: "Actors on Server" })
        .getByRole("button", { name: "Stop kv-counter" })
        .click();
    await thereAndBack(
      stop,
      "Stop kv-counter",
      not(() => runsOn(other)),
      () => runsOn(other),
    );

    await play.page.getByLabel("Show", { exact: true }).selectOption("History");
    assert.equal(await play.page.getByRole("list", { name: "History" }).getByRole("listitem").count(), 6);
  });

  test("a second tab shows up, and its closing does", async () => {
    play = await visit();
    await play.node("Host: Server").waitFor();
    const other = await visit();
    const node = play.node(`Host: Tab ${other.tab.id.slice(0, 5)}`);
    await node.waitFor();
    await other.node("Host: Tab").waitFor();
    await other.start("http-echo");
    await play.node("Actor: http-echo on Tab").waitFor();
    await other.close();
    await node.getByText("Suspended").waitFor();
  });

  test("after a reload the page shows what the lattice has", async () => {
    play = await visit();
    await play.page.getByLabel("Start on").selectOption({ index: 1 });
    await play.start("kv-counter");
    const host = await play.tab.server();
    await play.link("keyvalue", `keyvalue-memory on Server ${host.slice(0, 5)}`);
    await play.page.getByRole("group", { name: /^Link: default .*: Active/ }).waitFor();
    await play.page.reload();
    await play.page.getByRole("group", { name: /^Link: default .*: Active/ }).waitFor();
    await play.node("Actor: kv-counter on Server").waitFor();
  });

  test("by keyboard alone one starts, links, calls and stops", async () => {
    play = await visit();
    const { keyboard } = play.page;
    await play.node("Host: This tab").waitFor();
    await keyboard.press("Control+k");
    await keyboard.type("start kv-counter");
    await keyboard.press("Enter");
    await play.inspector().getByRole("heading", { name: "kv-counter" }).waitFor();
    await keyboard.press("l");
    await play.tabTo("Link keyvalue…");
    await keyboard.press("Enter");
    await play.tabTo("Provider");
    await keyboard.type("keyvalue-memory on This");
    await play.tabTo("Link");
    while (!(await play.page.evaluate(() => document.activeElement?.getAttribute("type") === "submit")))
      await play.tabTo("Link");
    await keyboard.press("Enter");
    await play.inspector().getByText("keyvalue-memory · default").waitFor();
    await play.tabTo("Call");
    while (!(await play.page.evaluate(() => document.activeElement?.getAttribute("type") === "submit")))
      await play.tabTo("Call");
    await keyboard.press("Enter");
    await output().getByText("counter:hello").waitFor();
    await play.tabTo("Stop kv-counter");
    await keyboard.press("Enter");
    await until(async () => (await actorsOn(play.tab.id)).length === 0, "the actor to stop");
  });

  test("what is no module is refused with its cause and remedy", async () => {
    play = await visit();
    await play.page
      .getByLabel("Module files")
      .setInputFiles({ name: "note.wasm", mimeType: "application/wasm", buffer: Buffer.from("hello") });
    await play.page
      .getByRole("alert")
      .getByText(/note\.wasm is not a WebAssembly module: .*; choose a file that ends in \.wasm/)
      .waitFor();
  });

  test("when its server does not answer, the page says how to join one", async () => {
    play = await visit();
    const { page } = play;
    await page.route("**/api/config", (route) => route.abort());
    await page.reload();
    await page
      .getByRole("alert")
      .getByText(/start it again with: wisteria up, or join another by \?bridge=/)
      .waitFor();
    await page.unroute("**/api/config");
    await page.getByRole("button", { name: "Try again" }).click();
    await play.node("Host: Server").waitFor();
  });
});
