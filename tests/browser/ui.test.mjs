// What actors show on a page: text and nothing else, each actor's apart, and what people do there reaches the actor.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decode, encode } from "@msgpack/msgpack";
import { browsers } from "./browsers.mjs";
import { casesOf, runCase } from "./conformance.mjs";
import { ACTOR, linkedTo, startOpenServer } from "./linked.mjs";
import { openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const CONTRACT = "wisteria:ui";

for (const driver of browsers) {
  describe(`what actors show in ${driver.name}`, { timeout: 180_000 }, () => {
    let server, browser, tab, provider, linked;
    const events = [];

    before(async () => {
      [server, browser] = await Promise.all([startOpenServer(), driver.open()]);
      tab = await openTab(browser, server);
      provider = await tab.page.evaluate(async () => {
        const element = document.createElement("main");
        element.id = "stage";
        document.body.append(element);
        window.shower = await window.wisteria.showActors(element);
        return window.shower.id;
      });
      linked = await linkedTo(server, provider, CONTRACT);
      // The actor: it keeps what it is told.
      linked.client.subscribe(`wasmbus.rpc.default.${ACTOR}`, {
        queue: `wasmbus.rpc.default.${ACTOR}`,
        callback: (_, message) => {
          const { id, operation, msg } = decode(message.data);
          events.push([operation, decode(msg)]);
          message.respond(encode({ invocation_id: id, msg: new Uint8Array(), error: "it knows no events" }));
        },
      });
      await linked.client.flush();
    });

    after(async () => {
      await linked?.stop();
      await browser?.close();
      await server?.stop();
    });

    const call = async (operation, argument) => {
      const { reply, message } = await linked.call(operation, argument);
      assert.equal(message, undefined);
      return reply;
    };
    /** Runs in the page: something of what the actor shows. */
    const seen = (name, what) =>
      tab.page.evaluate(
        ({ name, what }) => {
          const element = document.querySelector(`#stage [data-name="${name}"]`);
          return what === "pixels"
            ? Array.from(element.getContext("2d").getImageData(0, 0, element.width, element.height).data)
            : element?.[what];
        },
        { name, what },
      );
    const relink = async () => {
      assert.equal((await server.cli("link", "del", ACTOR, CONTRACT)).code, 0);
      assert.equal((await server.cli("link", "put", ACTOR, provider, CONTRACT)).code, 0);
    };

    for (const [title, text] of casesOf("ui")) {
      test(title, async () => {
        await relink();
        await runCase(text, linked.call);
      });
    }

    test("text is text", async () => {
      await relink();
      await call("Ui.ShowText", { name: "t", text: "<img src=x onerror=alert(1)>" });
      await call("Ui.ShowText", { name: "t", text: "&amp;", append: true });
      await call("Ui.ShowInput", { name: "i", label: "<b>label</b>", value: "<i>" });
      await call("Ui.Notify", { text: "<u>note</u>", level: "error" });
      assert.equal(await seen("t", "textContent"), "<img src=x onerror=alert(1)>&amp;");
      const shown = await tab.page.evaluate(() => ({
        made: [...document.querySelectorAll("#stage *")].map(({ tagName }) => tagName),
        notes: document.querySelector("#stage .wisteria-error").textContent,
      }));
      assert.deepEqual([...new Set(shown.made)].sort(), ["BUTTON", "DIV", "INPUT", "LABEL", "P", "SECTION", "SPAN"]);
      assert.equal(shown.notes, "<u>note</u>");
    });

    test("a bitmap takes the place of what was there, and is cut off at the edges", async () => {
      await call("Ui.ShowCanvas", { name: "c", width: 3, height: 1 });
      const [red, clear, blue] = [[255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 255, 255]];
      const draw = (x, ...pixels) =>
        call("Ui.Draw", { canvas: "c", x, y: 0, width: pixels.length, height: 1, pixels: Uint8Array.from(pixels.flat()) });
      await draw(0, red, red, red);
      await draw(1, clear);
      await draw(2, blue, blue);
      assert.deepEqual(await seen("c", "pixels"), [red, clear, blue].flat());
      await call("Ui.ShowCanvas", { name: "c", width: 3, height: 1 });
      assert.deepEqual(await seen("c", "pixels"), [red, clear, blue].flat(), "the same canvas stays");
      await call("Ui.ShowCanvas", { name: "c", width: 1, height: 1 });
      assert.deepEqual(await seen("c", "pixels"), clear);
    });

    test("what people do reaches the actor in order, whatever it answers", async () => {
      await call("Ui.ShowInput", { name: "go", kind: "button", label: "Go", value: "now" });
      await call("Ui.ShowInput", { name: "box", kind: "checkbox" });
      await call("Ui.ShowCanvas", { name: "board", width: 10, height: 10 });
      events.length = 0;
      await tab.page.evaluate(() => {
        const of = (name) => document.querySelector(`#stage [data-name="${name}"]`);
        // Where a canvas has whole pixels, so do events on it, in every browser.
        Object.assign(of("board").style, { position: "fixed", left: "0", top: "0" });
        of("go").click();
        of("box").querySelector("input").click();
        const [{ left, top }, at] = [of("board").getBoundingClientRect(), { buttons: 1, bubbles: true }];
        for (const [type, x] of [["pointerdown", 1], ["pointermove", 2], ["pointermove", 5], ["pointerup", 5]]) {
          of("board").dispatchEvent(new PointerEvent(type, { ...at, clientX: left + x, clientY: top + 3 }));
        }
        of("board").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
      });
      const expected = [
        { name: "go", kind: "press", value: "now", x: 0, y: 0 },
        { name: "box", kind: "change", value: "true", x: 0, y: 0 },
        { name: "board", kind: "pointer-down", value: "", x: 1, y: 3 },
        // Of moves that wait, the last is sent.
        { name: "board", kind: "pointer-move", value: "", x: 5, y: 3 },
        { name: "board", kind: "pointer-up", value: "", x: 5, y: 3 },
        { name: "board", kind: "key-down", value: "ArrowLeft", x: 0, y: 0 },
      ];
      await until(() => events.length === expected.length, "the actor to hear of it all");
      assert.deepEqual(events, expected.map((event) => ["Ui.HandleEvent", event]));
    });

    test("there is an end to what one link shows", async () => {
      const refused = async (operation, argument) => (await linked.call(operation, argument)).message;
      await relink();
      await call("Ui.ShowCanvas", { name: "large", width: 4096, height: 4096 });
      assert.match(await refused("Ui.ShowCanvas", { name: "next", width: 1, height: 1 }), /16777216 pixels together/);
      await call("Ui.Remove", "large");
      await call("Ui.ShowText", { name: "t", text: "x".repeat(1 << 20) });
      assert.match(await refused("Ui.ShowText", { name: "t", text: "x", append: true }), /more than 1048576 characters/);
      for (let number = 1; number < 256; number++) await call("Ui.ShowText", { name: `t${number}`, text: "" });
      assert.match(await refused("Ui.ShowText", { name: "one more", text: "" }), /at most 256 things/);
      for (let note = 0; note < 20; note++) await call("Ui.Notify", { text: String(note) });
      assert.equal(await tab.page.evaluate(() => document.querySelectorAll("#stage .wisteria-note").length), 5);
    });

    test("it all goes when the link ends", async () => {
      await server.cli("link", "del", ACTOR, CONTRACT);
      assert.equal(await tab.page.evaluate(() => document.querySelectorAll("#stage section").length), 0);
      assert.equal((await linked.call("Ui.ShowText", { name: "t", text: "x" })).code, "not-linked");
    });
  });
}
