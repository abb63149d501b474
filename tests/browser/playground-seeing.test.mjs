// What the playground shows of calls, and what it breaks on purpose.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answering, handingOn } from "./callers.mjs";
import { DESK, PHONE } from "./playground.mjs";
import { until } from "./until.mjs";
import { visits } from "./visits.mjs";

describe("the playground, watched and broken", { timeout: 300_000 }, () => {
  const { visit } = visits();
  let play;

  const look = async (shown) => {
    await play.show("Timeline");
    await play.page.getByLabel("Show", { exact: true }).selectOption(shown);
  };
  const messages = () => play.page.getByRole("list", { name: "Messages", exact: true }).getByRole("button");
  const call = () => play.inspector().getByRole("button", { name: "Call", exact: true }).click();
  /** Hosts find out within a second that somebody watches: what is called until then is not told. */
  const untilSeen = (act, seen, what) =>
    until(
      async () => {
        await act();
        return seen();
      },
      what,
      20_000,
    );
  const isShown = (locator) => async () => (await locator.count()) > 0;
  /** Starts kv-counter in this tab, linked to a store of the tab. */
  const startCounter = async () => {
    await play.start("kv-counter");
    await play.link("keyvalue", "keyvalue-memory on This tab");
    await play.inspector().getByText("keyvalue-memory · default").waitFor();
  };
  const edge = (words) => play.page.locator(".svelte-flow__edge-label").getByText(words);
  const confirm = (name) => play.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

  test("a call shows on its edge with its rate, and with what went in and out in the inspector", async () => {
    play = await visit();
    await startCounter();
    await untilSeen(call, isShown(edge(/\d\/s · [\d.]+ ms/)), "the rate on the edge");
    await look("Messages");
    await messages().filter({ hasText: "KeyValue.Increment" }).first().click();
    await play.inspector().getByRole("heading", { name: "Message" }).waitFor();
    await play.inspector().getByRole("group", { name: "Input" }).getByText("counter:hello").waitFor();
    assert.match(await play.inspector().getByRole("group", { name: "Output" }).innerText(), /^\d+$/);
    await messages().filter({ hasText: "HttpServer.HandleRequest" }).first().click();
    await play.inspector().getByText("Fuel used").waitFor();
    await play.inspector().getByRole("button", { name: "Show kv-counter" }).click();
    await play.inspector().getByRole("list", { name: "Last messages" }).getByText("KeyValue.Increment").first().waitFor();
    await play.inspector().getByText("p95").waitFor();
    await play.page.keyboard.press("l");
    await untilSeen(call, isShown(play.page.getByRole("article", { name: "Links" }).getByText(/\d\/s · /)), "the rate in the list");
  });

  test("a call through actors of two hosts shows as one trace", async () => {
    play = await visit();
    const [host, own] = [await play.tab.server(), play.tab.id];
    const inner = await play.tab.start("wapc_upper", { host });
    const outer = await play.tab.start(handingOn(inner, "upper"));
    await look("Traces");
    const trace = play.page.getByRole("group", { name: "Trace of Any" });
    const ask = async () => assert.deepEqual(await play.tab.call(outer, "Any", "hello", { raw: true }), { reply: "HELLO" });
    await untilSeen(ask, isShown(trace.filter({ hasText: "2 calls · 2 hosts" })), "the trace of both calls");
    const whole = trace.filter({ hasText: "2 calls · 2 hosts" }).first();
    await whole.getByRole("button", { name: /^Level 1: .* Any This tab / }).waitFor();
    const bar = whole.getByRole("button", { name: new RegExp(`^Level 2: wapc-upper upper Server ${host.slice(0, 5)} `) });
    await bar.click();
    await play.inspector().getByRole("group", { name: "Output" }).getByText("HELLO").waitFor();
    await whole.getByRole("button", { name: "Only this trace" }).click();
    assert.equal(await trace.count(), 1);
    await play.page.getByLabel("Host", { exact: true }).selectOption(own);
    assert.equal(await trace.count(), 1);
    // The calls of the two have a line of their own on the canvas.
    await play.page.getByRole("button", { name: /^Calls from .* to wapc-upper/ }).waitFor();
  });

  test("the display stands still, counts what comes, and goes through it call by call", async () => {
    play = await visit();
    await play.start("wapc-upper");
    await look("Messages");
    await untilSeen(call, isShown(messages()), "the first message");
    await play.button("Pause").click();
    const before = await messages().count();
    const held = play.page.getByRole("toolbar", { name: "Display of calls" }).getByRole("status");
    await untilSeen(call, async () => Number(/\d+/.exec(await held.innerText())[0]) >= 2, "two calls to be held back");
    assert.equal(await messages().count(), before);
    await play.button("Step", true).click();
    assert.equal(await messages().count(), before + 1);
    await play.inspector().getByRole("heading", { name: "Message" }).waitFor();
    await play.button("Step back").click();
    assert.equal(await messages().count(), before);
    await play.button("Go on").click();
    await until(async () => (await messages().count()) >= before + 2, "all messages to be shown");
  });

  test("a call is made again against another version, and both answers stand side by side", async () => {
    play = await visit();
    await play.page
      .getByLabel("Module files")
      .setInputFiles({ name: "as-it-is.wasm", mimeType: "application/wasm", buffer: Buffer.from(answering()) });
    await play.inspector().getByRole("heading", { name: "as-it-is" }).waitFor();
    await play.start("wapc-upper");
    await look("Messages");
    const upper = messages().filter({ hasText: "upper" });
    await untilSeen(call, isShown(upper), "the message");
    await upper.first().click();
    const pane = play.inspector();
    await pane.getByLabel("The other answer").selectOption({ label: "as-it-is, from the library" });
    await pane.getByRole("button", { name: "Replay" }).click();
    await pane.getByRole("region", { name: "Answer: As recorded" }).getByText("HELLO").waitFor();
    await pane.getByRole("region", { name: "Answer: as-it-is, from the library" }).getByText("hello").waitFor();
    await pane.getByText("+ hello").waitFor();
    await pane.getByLabel("The other answer").selectOption({ label: "wapc-upper, asked again" });
    await pane.getByRole("button", { name: "Replay" }).click();
    await pane.getByText("both answers are the same").waitFor();
    // What was started for the replay alone is gone.
    const { actors } = await play.page.evaluate(() => window.wisteria.lattice.inventory(window.wisteria.id));
    assert.equal(actors.length, 2);
  });

  test("a link that was slowed says so, and its actor's p50 shows it", async () => {
    play = await visit();
    await startCounter();
    await play.page.getByRole("group", { name: /^Link: default for keyvalue/ }).focus();
    await play.page.keyboard.press("Enter");
    await play.button("Slow down this link…").click();
    await play.page.getByLabel("Milliseconds more for each call").fill("400");
    await confirm("Slow down");
    await edge("slowed by 400 ms").waitFor();
    await play.node("Actor: kv-counter on This tab").click();
    const slow = play.inspector().getByText(/^(4|5|6|7)\d\d ms of \d+ calls?$/);
    await untilSeen(call, isShown(slow), "the p50 to be slow");
    await play.page.getByRole("group", { name: /^Link: default for keyvalue/ }).focus();
    await play.page.keyboard.press("Enter");
    await play.button("Set back").click();
    await edge("slowed").waitFor({ state: "detached" });
  });

  test("a tab that is cut off is suspended, and comes back", async () => {
    play = await visit();
    const other = await visit();
    const node = play.node(`Host: Tab ${other.tab.id.slice(0, 5)}`);
    await node.focus();
    await play.page.keyboard.press("Enter");
    await play.button(/^Cut off Tab/).click();
    await play.page.getByLabel("Seconds").fill("3");
    await confirm("Cut off");
    await node.getByText("Suspended").waitFor();
    await node.getByText("Suspended").waitFor({ state: "detached" });
    await play.page.getByText("cut off for 3 s").first().waitFor();
  });

  test("a mailbox that is full refuses calls as overloaded", async () => {
    play = await visit();
    await startCounter();
    // An actor of the same tab that waits for nothing answers each call before the next one comes.
    await play.page.evaluate(async () => {
      const [link] = await window.wisteria.lattice.links();
      await window.wisteria.faults.slowLink(link, 1000);
    });
    await play.button("Fill the mailbox of kv-counter…").click();
    await play.page.getByRole("dialog").getByText("until it is overloaded").waitFor();
    await confirm("Fill");
    await play.inspector().getByRole("status").getByText(/^Overloaded among [\d,]+ calls: /).waitFor();
  });

  test("an edge is red from a failure on until somebody has looked at it", async () => {
    play = await visit();
    await play.page.evaluate(async () => {
      const refuses = () => {
        throw new Error("the store is out");
      };
      await window.wisteria.provide("wasmcloud:keyvalue", { "KeyValue.Increment": refuses }, { name: "broken-store" });
    });
    await play.start("kv-counter");
    await play.link("keyvalue", "broken-store on This tab");
    await play.inspector().getByText("broken-store · default").waitFor();
    await untilSeen(call, isShown(edge("default · failed")), "the edge to be red");
    await play.page.getByRole("group", { name: /^Link: default for keyvalue/ }).focus();
    await play.page.keyboard.press("Enter");
    await play.inspector().getByText(/of those kept, last by provider-failed/).waitFor();
    await edge("default · failed").waitFor({ state: "detached" });
  });

  test("a provider that was killed leaves its links pending, and is started again", async () => {
    play = await visit();
    await startCounter();
    await play.node(/^Provider: keyvalue-memory .* on This tab/).click();
    await play.button("Kill keyvalue-memory on This tab…").click();
    await play.page.getByRole("dialog").getByText("what it keeps in memory alone is gone").waitFor();
    await confirm("Kill");
    await play.page.getByRole("group", { name: /^Link: default .*: Pending/ }).waitFor();
    await play.button("Start it again").click();
    await play.page.getByRole("group", { name: /^Link: default .*: Active/ }).waitFor();
  });

  test("an actor that was killed here is served by another host", async () => {
    play = await visit();
    await play.start("wapc-upper");
    const actor = (await play.page.evaluate(() => window.wisteria.lattice.inventory(window.wisteria.id))).actors[0].id;
    await play.tab.start("wapc_upper", { host: await play.tab.server() });
    await play.node("Actor: wapc-upper on Server").waitFor();
    await play.button("Kill wapc-upper on This tab…").click();
    await confirm("Kill");
    await play.node("Actor: wapc-upper on This tab").waitFor({ state: "detached" });
    assert.deepEqual(await play.tab.call(actor, "upper", "hello", { raw: true }), { reply: "HELLO" });
    await play.button("Undo: Stop wapc-upper").click();
    await play.node("Actor: wapc-upper on This tab").waitFor();
  });

  test("by keyboard one finds messages, traces and what can be broken", async () => {
    play = await visit();
    const { keyboard } = play.page;
    const command = async (typed) => {
      await keyboard.press("Control+k");
      await play.page.getByRole("combobox", { name: "Command" }).fill(typed);
      await keyboard.press("Enter");
    };
    await play.start("wapc-upper");
    await command("show messages");
    await untilSeen(call, isShown(messages()), "the message");
    await messages().first().focus();
    await keyboard.press("Enter");
    await play.inspector().getByRole("heading", { name: "Message" }).waitFor();
    await command("show traces");
    await play.page.getByRole("group", { name: "Trace of upper" }).first().waitFor();
    await command("pause the display");
    await play.button("Go on").waitFor();
    await command("break kill wapc-upper");
    await play.page.getByRole("dialog", { name: "Kill wapc-upper on This tab?" }).waitFor();
    await keyboard.press("Escape");
    await play.node("Actor: wapc-upper on This tab").waitFor();
  });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    for (const theme of ["light", "dark"]) {
      test(`on a ${name} axe finds nothing in ${theme} colours`, async () => {
        play = await visit({ size, theme });
        await startCounter();
        await untilSeen(call, isShown(play.inspector().getByRole("list", { name: "Last messages" }).getByRole("button")), "the message");
        await play.isAccessible("with an actor's traffic");
        await look("Traces");
        await play.page.getByRole("group", { name: /^Trace of / }).first().waitFor();
        await play.isAccessible("with traces");
        await look("Messages");
        await messages().first().click();
        await play.inspector().getByRole("group", { name: "Input" }).waitFor();
        await play.isAccessible("with a message");
        await look("Subjects");
        await play.page.getByText("Only a lattice that is open to all").waitFor();
        await play.isAccessible("with subjects that may not be heard");
        await play.page.keyboard.press("Control+k");
        await play.page.getByRole("combobox", { name: "Command" }).fill("break cut off this tab");
        await play.page.keyboard.press("Enter");
        await play.page.getByRole("dialog", { name: "Cut off This tab?" }).waitFor();
        await play.isAccessible("with what will happen");
      });
    }
  }
});
