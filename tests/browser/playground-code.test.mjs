// The playground's code area: actors that are written, tested, deployed and changed on the page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DESK, PHONE } from "./playground.mjs";
import { until } from "./until.mjs";
import { visits } from "./visits.mjs";

/** The compiler is loaded and warmed the first time, on whatever machine this is. */
const FIRST = { timeout: 90_000 };

/** An actor that answers `Greet` with a word. */
const greeter = (word) => `import { register, Value } from "wisteria";

register("Greet", (argument: Value): Value => Value.of("${word} " + argument.text));
`;

describe("code in the playground", { timeout: 600_000 }, () => {
  const { visit } = visits();
  let play;

  const area = () => play.page.getByRole("region", { name: /^Code of / });
  const editor = () => area().getByRole("textbox", { name: /^Source of / });
  const ended = (outcome) => area().getByRole("status").getByText(outcome).waitFor(FIRST);
  const problems = () => area().getByRole("list", { name: "Problems" });
  const row = (number) => area().getByRole("group", { name: `Unit test ${number}` });
  const part = (name) => area().getByRole("tab", { name }).click();
  const output = () => play.page.getByRole("log", { name: "Calls" });

  /** Begins an actor from a template. */
  async function begin(template, name) {
    await play.show("Library");
    await play.button("New actor…").click();
    const form = play.page.getByRole("dialog", { name: "New actor" });
    await form.getByRole("radio", { name: new RegExp(`^${template} `) }).check();
    if (name) await form.getByLabel("Name").fill(name);
    await form.getByRole("button", { name: "Create" }).click();
    await editor().waitFor();
  }

  /** Deploys by the button, and waits for how that ends. */
  async function deploy(outcome = /was deployed in/) {
    await area().getByRole("button", { name: "Deploy", exact: true }).click();
    await ended(outcome);
  }

  /** Replaces the whole text, as by typing over it. */
  async function fill(text) {
    await editor().press("Control+a");
    await play.page.keyboard.insertText(text);
  }

  /** Begins an actor of a text, without unit tests, and deploys it. */
  async function write(name, text) {
    await begin("echo", name);
    await part(/^Unit tests/);
    for (const _ of [1, 2]) await area().getByRole("button", { name: "Remove unit test 1" }).click();
    await part("AssemblyScript");
    await fill(text);
    await deploy();
  }

  /** Writes another text, and deploys it by the keyboard. */
  async function change(text, outcome) {
    await fill(text);
    await editor().press("Control+s");
    await ended(outcome);
  }

  /** What runs in this tab, by name. */
  const running = (name) =>
    play.tab.page.evaluate(
      async ({ name, id }) => (await window.wisteria.lattice.inventory(id)).actors.find((actor) => actor.name === name),
      { name, id: play.tab.id },
    );

  const ask = async (name, operation, argument) => {
    const { id } = await running(name);
    return play.tab.page.evaluate(
      async ({ id, operation, argument }) => window.wisteria.call(id, operation, argument, { deadline: 10_000 }),
      { id, operation, argument },
    );
  };

  /** The unit tests' outcomes, in order, as people read them. */
  const outcomes = async () => {
    await row(1).getByText(/^(Passed|Failed)/).waitFor();
    const rows = await area().getByRole("group", { name: /^Unit test/ }).all();
    return Promise.all(rows.map((one) => one.locator(".outcome p").textContent()));
  };

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} an actor is written, deployed, called and changed`, async () => {
      play = await visit({ size });
      await begin("echo");
      await deploy();
      assert.deepEqual(await ask("echo", "Greet", { name: "Ada" }), "Hello, Ada");
      const before = await running("echo");

      await change((await editor().innerText()).replace("Hello", "Good day"), /^Not deployed: 1 unit test failed/);
      assert.deepEqual(await ask("echo", "Greet", { name: "Ada" }), "Hello, Ada");
      assert.deepEqual(await outcomes(), ["Passed", "Failed"]);
      await row(2).getByText('"Good day, Ada"', { exact: true }).waitFor();
      await row(2).getByLabel("Expected reply as JSON").fill('"Good day, Ada"');
      await deploy(/^Version 2 was deployed/);
      const now = await running("echo");
      assert.equal(now.id, before.id);
      assert.deepEqual([before.instances[0].revision, now.instances[0].revision], [1, 2]);

      await play.button("Close code").click();
      await play.inspector().getByLabel("Operation").selectOption("Greet");
      await play.inspector().getByRole("button", { name: "Call", exact: true }).click();
      await output().getByText("Good day, Ada").waitFor();
    });

    for (const theme of ["light", "dark"]) {
      test(`on a ${name} axe finds nothing in the code area in ${theme} colours`, async () => {
        play = await visit({ size, theme });
        await play.show("Library");
        await play.button("New actor…").click();
        await play.page.getByRole("dialog", { name: "New actor" }).waitFor();
        await play.isAccessible("with the form of a new actor");
        await play.page.keyboard.press("Escape");
        await begin("counter");
        await part(/^Unit tests/);
        await row(1).getByLabel("Expected reply as JSON").fill("no JSON");
        await deploy(/^Not deployed: 1 unit test failed/);
        await play.isAccessible("with a unit test that failed");
        await part("Claims");
        await play.isAccessible("with the claims");
        await part("AssemblyScript");
        await change("let x: i32 = nothing;", /^Not deployed: 1 error/);
        await problems().waitFor();
        await play.isAccessible("with an error");
      });
    }
  }

  test("errors are shown at their lines, and are gone once they are mended", async () => {
    play = await visit();
    await write("greeter", greeter("Hello"));
    await change(greeter("Hello").replace("argument.text", "argument.txt"), /^Not deployed: 1 error/);
    const error = problems().getByRole("button", { name: /^Line 3 Property 'txt' does not exist/ });
    await error.waitFor();
    assert.equal(await area().locator(".cm-gutter-lint .cm-lint-marker-error").count(), 1);
    assert.equal(await area().locator(".cm-lintRange-error").textContent(), "txt");
    await error.click();
    await play.page.keyboard.type("te");
    await play.page.keyboard.press("Delete");
    assert.equal(await ask("greeter", "Greet", "Ada"), "Hello Ada");
    await change(greeter("Hi"), /^Version 2 was deployed/);
    assert.equal(await problems().count(), 0);
    assert.equal(await area().locator(".cm-lint-marker-error").count(), 0);
    assert.equal(await ask("greeter", "Greet", "Ada"), "Hi Ada");
  });

  test("no call fails while versions are swapped and taken back, and links stay", async () => {
    play = await visit();
    const counting = (by) => `import { keyvalue, register, Value } from "wisteria";

register("Count", (argument: Value): Value => Value.of([keyvalue.increment("calls"), ${by}]));
`;
    await write("counter", counting(1));
    await play.link("keyvalue", "keyvalue-memory on This tab");
    await play.inspector().getByText("keyvalue-memory · default").waitFor();
    const { id } = await running("counter");
    await play.tab.page.evaluate((id) => {
      const load = { replies: [], failures: [], isOver: false };
      const calling = async () => {
        while (!load.isOver) {
          const reply = await window.wisteria.call(id, "Count").catch((error) => void load.failures.push(`${error}`));
          if (reply) load.replies.push(reply);
        }
      };
      window.load = load;
      load.ended = Promise.all([calling(), calling(), calling()]);
    }, id);
    const versions = () => play.tab.page.evaluate(() => window.load.replies.map(([, version]) => version));
    /** Waits for replies of a version after all that are there. */
    const answers = async (version) => {
      const { length } = await versions();
      await until(async () => (await versions()).slice(length).at(-1) === version, `version ${version} to answer`);
    };
    await answers(1);
    await change(counting(2), /^Version 2 was deployed/);
    await answers(2);
    await change(counting(3), /^Version 3 was deployed/);
    await answers(3);
    await play.button("Undo: Update counter to version 3").click();
    await answers(2);
    await area().getByText(/^Version 2 runs on This tab · changed since/).waitFor();
    await play.button("Undo: Update counter to version 2").click();
    await answers(1);
    await play.button("Redo: Update counter to version 2").click();
    await answers(2);
    const { replies, failures } = await play.tab.page.evaluate(async () => {
      window.load.isOver = true;
      await window.load.ended;
      return window.load;
    });
    assert.deepEqual(failures, []);
    const counts = replies.map(([count]) => count).sort((one, other) => one - other);
    assert.deepEqual(counts, counts.map((_, at) => at + 1), "each call was counted once");
  });

  test("a unit test that fails is shown with what it got, and the version is deployed only when that is asked for", async () => {
    play = await visit();
    await begin("counter");
    await deploy();
    await fill((await editor().innerText()).replace("keyvalue.increment(key)", "keyvalue.increment(key, 2)"));
    await deploy(/^Not deployed: 3 unit tests failed/);
    await row(1).getByText('"body": "{\\"counter\\":2,\\"key\\":\\"counter:a\\"}"').waitFor();
    await row(1).getByText("info: counter:a is now 2").waitFor();
    assert.equal((await running("counter")).instances[0].revision, 1);
    await area().getByRole("button", { name: "Deploy anyway" }).click();
    await ended(/^Version 2 was deployed/);
    assert.equal((await running("counter")).instances[0].revision, 2);
  });

  test("the editor offers what the prelude has", async () => {
    play = await visit();
    await begin("echo");
    await editor().press("Control+End");
    await play.page.keyboard.type("keyvalue.incr");
    const offered = area().getByRole("listbox").getByRole("option");
    await offered.getByText("increment").waitFor();
    await area().getByText("Adds to a number; returns the new value.").waitFor();
    // The editor takes no key for a choice in the first moment, in which it may have been meant for the text.
    await offered.getByText("increment").click();
    assert.match(await editor().innerText(), /keyvalue\.increment$/m);
  });

  test("unit tests of an actor that never answers, or that gives up, end with the reason", async () => {
    play = await visit();
    await begin("echo");
    await fill(`import { register, Value } from "wisteria";

register("Echo", (argument: Value): Value => {
  while (argument.text == "hi") {}
  return argument;
});
`);
    await deploy(/^Not deployed: 2 unit tests failed/);
    assert.deepEqual(await outcomes(), Array(2).fill("Failed: The tests were ended after 3 seconds"));
    await part("AssemblyScript");
    await fill(`import { register, Value } from "wisteria";

register("Echo", (argument: Value): Value => {
  throw new Error("it is broken");
});

register("Greet", (argument: Value): Value => Value.of("Hello, " + argument.get("name").text));
`);
    await deploy(/^Not deployed: 1 unit test failed/);
    assert.deepEqual(await outcomes(), ["Failed: The call failed", "Passed"]);
    await row(1).getByText("it is broken at actor.ts:4:3", { exact: true }).first().waitFor();
    await row(1).getByLabel("Expected reply as JSON").fill('{"error": "broken"}');
    await deploy(/was deployed in/);
  });

  test("what its code names is claimed, and what is ticked beside it", async () => {
    play = await visit();
    await begin("counter");
    await deploy();
    await part("Claims");
    const box = (name) => area().getByRole("checkbox", { name, exact: true });
    for (const name of ["keyvalue", "httpserver"]) assert.equal(await box(name).isDisabled(), true, name);
    await box("messaging").check();
    await deploy(/^Version 2 was deployed/);
    const claims = await play.tab.page.evaluate(() => window.wisteria.lattice.claims());
    assert.deepEqual(claims.find(({ name }) => name === "counter").caps.split(",").sort(), [
      "wasmcloud:builtin:logging",
      "wasmcloud:httpserver",
      "wasmcloud:keyvalue",
      "wasmcloud:messaging",
    ]);
  });

  test("WAT is assembled, its errors are shown at their lines", async () => {
    play = await visit();
    await begin("tiny-echo");
    await deploy();
    assert.equal(await ask("tiny-echo", "Echo", "hi"), "hi");
    const text = await editor().innerText();
    await change(text.replace("(i32.const 1)))", "(i64.const 1)))"), /^Not deployed: 1 error/);
    await problems().getByRole("button", { name: /^Line 16 type mismatch/ }).waitFor();
    await change(text.replace("call $response", "call $nobody"), /^Not deployed: 1 error/);
    await problems().getByRole("button", { name: /^Line 14 undefined function variable "\$nobody"/ }).waitFor();
    await change(text.replace("Answers", "Replies to"), /^Version 2 was deployed/);
  });

  test("code, its unit tests and its module are there after the page was loaded again, and versions count on", async () => {
    play = await visit();
    await begin("echo", "mine");
    await deploy();
    const { id } = await running("mine");
    await fill((await editor().innerText()).replace("Hello", "Hi"));
    await part(/^Unit tests/);
    await row(2).getByLabel("Expected reply as JSON").fill('"Hi, Ada"');
    await play.page.reload();
    await play.page.getByRole("list", { name: "Your own" }).getByRole("button", { name: "Start mine" }).waitFor();
    await play.button("Edit mine").click();
    await editor().waitFor();
    await area().getByText("It does not run").waitFor();
    await deploy(/^Version 2 was deployed/);
    assert.equal(await play.tab.page.evaluate((id) => window.wisteria.call(id, "Greet", { name: "Ada" }), id), "Hi, Ada");
    await play.button("Remove the code of mine").click();
    await area().waitFor({ state: "detached" });
    await play.page.reload();
    await play.page.getByRole("list", { name: "Your own" }).waitFor();
    assert.equal(await play.button("Edit mine").count(), 0);
  });

  test("an actor is begun, written and deployed by the keyboard alone", async () => {
    play = await visit();
    const { keyboard } = play.page;
    await play.node("Host: This tab").waitFor();
    await keyboard.press("Control+k");
    await keyboard.type("new actor");
    await keyboard.press("Enter");
    await play.page.getByRole("dialog", { name: "New actor" }).waitFor();
    await play.tabTo("Name");
    await keyboard.press("Control+a");
    await keyboard.type("typed");
    await keyboard.press("Enter");
    await editor().waitFor();
    await play.page.waitForFunction(() => document.activeElement?.shadowRoot?.activeElement?.role === "textbox");
    await keyboard.press("Control+End");
    await keyboard.type("// l, f and t are keys of the page, and letters here");
    await keyboard.press("Control+s");
    await ended(/was deployed in/);
    assert.match(await editor().innerText(), /letters here$/m);
    await play.node("Actor: typed on This tab").waitFor();
  });

  test("the prelude speaks to providers as it does to what stands in for them", async () => {
    play = await visit();
    await begin("echo", "all");
    await fill(`import { blobstore, fail, keyvalue, parseJson, random, register, takeFailure, toJson, Value } from "wisteria";

register("Echo", (argument: Value): Value => argument);
register("Json", (argument: Value): Value => Value.of(toJson(parseJson(argument.text))));
register("Fail", (argument: Value): Value => fail("as " + argument.text));
register("Go on", (argument: Value): Value => {
  keyvalue.increment("before", 1, "nowhere");
  const failure = takeFailure();
  return Value.of(failure !== null);
});
register("Store", (argument: Value): Value => {
  keyvalue.set("text", "ä");
  keyvalue.listAdd("list", "one");
  keyvalue.listAdd("list", "two");
  keyvalue.setAdd("here", "a");
  keyvalue.setAdd("here", "b");
  keyvalue.setAdd("there", "b");
  keyvalue.del("nothing");
  const found = keyvalue.get("text");
  return Value.list()
    .push(keyvalue.get("nothing"))
    .push(found)
    .push(keyvalue.contains("text"))
    .push(keyvalue.increment("number", -3))
    .push(keyvalue.listRange("list"))
    .push(keyvalue.setIntersection(["here", "there"]));
});
register("Blob", (argument: Value): Value => {
  const bytes = new Uint8Array(200000);
  for (let at = 0; at < bytes.length; at++) bytes[at] = <u8>(at * 7);
  blobstore.createContainer("things");
  blobstore.put("things", "large", bytes);
  const read = blobstore.get("things", "large");
  let same = read.length == bytes.length;
  for (let at = 0; at < bytes.length && same; at++) same = read[at] == bytes[at];
  return Value.map().set("same", same).set("names", blobstore.list("things")).set("dice", random.inRange(3, 3));
});
`);
    const values = [null, true, 127, 128, 70_000, 2 ** 40, -32, -33, -200, -40_000, -(2 ** 40), 1.5, "ä".repeat(40), Array(20).fill(1), { a: { b: [] } }];
    const tests = [
      ["Echo", JSON.stringify(values), JSON.stringify(values)],
      ["Echo", '{"base64": "/wD/"}', '{"base64": "/wD/"}'],
      ["Json", JSON.stringify(' {"a": [1, -2.5, "q\\"\\u00e4\\n", true, null], "b": {}} '), JSON.stringify('{"a":[1,-2.5,"q\\"ä\\n",true,null],"b":{}}')],
      ["Json", '"[1,"', '{"error": "it is no JSON"}'],
      ["Json", "5", '{"error": "it is a number, and a text is needed"}'],
      ["Fail", '"told"', '{"error": "as told"}'],
      ["Nothing", "", '{"error": "this actor has no operation Nothing; it has: Echo, Json"}'],
      ["Store", "", JSON.stringify([null, "ä", true, -3, ["one", "two"], ["b"]])],
      ["Blob", "", JSON.stringify({ same: true, names: ["large"], dice: 3 })],
    ];
    await part(/^Unit tests/);
    for (const [at, [operation, input, expected]] of tests.entries()) {
      if (at > 1) await area().getByRole("button", { name: "Add unit test" }).click();
      await row(at + 1).getByLabel("Operation").fill(operation);
      await row(at + 1).getByLabel("Argument as JSON").fill(input);
      await row(at + 1).getByLabel("Expected reply as JSON").fill(expected);
    }
    await area().getByRole("button", { name: "Deploy", exact: true }).click();
    await ended(/was deployed in|^Not deployed/);
    assert.deepEqual(await outcomes(), Array(tests.length).fill("Passed"), await area().innerText());

    await play.link("keyvalue", "keyvalue-memory on This tab");
    await play.link("blobstore", "blobstore-opfs on This tab");
    await play.inspector().getByText("blobstore-opfs · default").waitFor();
    assert.deepEqual(await ask("all", "Echo", values), values);
    assert.deepEqual(await ask("all", "Store"), [null, "ä", true, -3, ["one", "two"], ["b"]]);
    assert.deepEqual(await ask("all", "Blob"), { same: true, names: ["large"], dice: 3 });
    assert.deepEqual(await ask("all", "Go on"), true);
    await assert.rejects(() => ask("all", "Fail", "told"), /as told/);
  });

  test("a warm change answers within a second", async () => {
    play = await visit();
    await write("greeter", greeter("Hello"));
    const times = [];
    // Whatever else the machine does, it has a moment for one of them.
    for (let version = 2; version <= 12 && !(Math.min(...times) <= 1000); version++) {
      await fill(greeter(`Hello ${version}`));
      const began = performance.now();
      await editor().press("Control+s");
      await until(async () => (await ask("greeter", "Greet", "Ada")) === `Hello ${version} Ada`, "the change to answer");
      times.push(performance.now() - began);
    }
    assert.ok(Math.min(...times) <= 1000, `it took ${times.map(Math.round)} ms`);
  });
});
