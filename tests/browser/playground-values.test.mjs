// The form of a link, as it is made of what the provider tells of its values.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";
import { until } from "./until.mjs";

/** Runs in the page: provides key-value with values of all kinds; `told` is what links said. */
async function provideShop() {
  window.told = [];
  const values = {
    URL: { kind: "url", required: true, about: "where the shop is", example: "shop://here" },
    stock: { kind: "number", default: "10", about: "how many there are" },
    open: { kind: "boolean", default: "false" },
    rest: { kind: "duration", about: "how long it rests", example: "5s" },
    "tax.*": { kind: "number", required: true, about: "for each kind of goods", example: "7" },
  };
  const link = ({ values }) => void window.told.push(values);
  const provider = await window.wisteria.provide("wasmcloud:keyvalue", {}, { name: "shop", values, link });
  return provider.id;
}

/** Runs in the page: has what hears questions about values answer nothing from now on. */
async function provideInWords() {
  const provider = await window.wisteria.provide("wasmcloud:keyvalue", {}, { name: "quiet", values: { a: {}, b: {} } });
  const { links } = window.wisteria;
  links.values = (asked) =>
    asked === provider.id ? Promise.reject(new Error("it does not tell")) : Object.getPrototypeOf(links).values.call(links, asked);
}

describe("the form of a link", { timeout: 180_000 }, () => {
  let browser, server, play;

  before(async () => {
    browser = await startBrowser();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    server = await startServer();
    play = await browser.open(server);
    await play.node("Host: Server").waitFor();
  });

  afterEach(async () => {
    await play?.close();
    await server?.stop();
  });

  const form = () => play.inspector();
  const field = (label) => form().getByLabel(label);
  const button = (name) => form().getByRole("button", { name, exact: true });
  const links = () => play.tab.page.evaluate(() => window.wisteria.lattice.links());
  const told = () => play.tab.page.evaluate(() => window.told.at(-1));

  async function choose(contract, provider) {
    await play.button(`Link ${contract}…`).click();
    await field("Provider").selectOption({ label: provider });
  }

  test("a page's own provider says what its links take: inputs befit it, names of one value are added", async () => {
    await play.tab.page.evaluate(provideShop);
    await play.start("kv-counter");
    await choose("keyvalue", "shop on This tab");
    assert.equal(await field(/^URL/).inputValue(), "shop://here");
    assert.equal(await field("Value of tax.one").inputValue(), "7");
    assert.equal(await field(/^stock/).getAttribute("type"), "number");
    assert.equal(await field(/^stock/).getAttribute("placeholder"), "10");
    await form().getByText("How long it rests; for instance 5s").waitFor();
    await play.isAccessible("with values of all kinds");

    await field(/^stock/).fill("3");
    await field(/^open/).selectOption("true");
    await button("Add tax.*").click();
    await field("Name after tax.").nth(1).fill("food");
    await field("Value of tax.food").fill("19");
    await field(/^rest/).fill("soon");
    await button("Link").click();
    assert.equal(await field(/^rest/).evaluate((input) => input.validity.patternMismatch), true);
    assert.deepEqual(await links(), [], "what is no duration is not sent");
    await field(/^rest/).fill("250ms");
    await button("Link").click();
    const values = { URL: "shop://here", stock: "3", open: "true", rest: "250ms", "tax.one": "7", "tax.food": "19" };
    await until(async () => (await links()).length === 1, "the link");
    assert.deepEqual(await told(), values);

    // The link's own form begins with what it says.
    await form().getByText("shop · default").click();
    assert.equal(await field("Value of tax.food").inputValue(), "19");
    assert.equal(await button("Put values").isDisabled(), true);
    await button("Remove tax.one").click();
    await field(/^open/).selectOption("");
    await button("Put values").click();
    await until(async () => (await told()).open === "false", "the values to be put");
    const { "tax.one": _, ...rest } = values;
    assert.deepEqual(await told(), { ...rest, open: "false" });
  });

  test("what a server's provider may be told beside is shown on demand, and what may be secret is marked", async () => {
    await play.start("http-echo");
    await choose("httpserver", `httpserver on Server ${(await play.tab.server()).slice(0, 5)}`);
    const address = field(/^address/);
    assert.equal(await address.inputValue(), "127.0.0.1:8080");
    await form().getByText("port 0 picks a free one; may be secret:NAME").waitFor();
    assert.equal(await field(/^tls-key/).count(), 0);
    await form().getByText(/^More values \(\d+\)$/).click();
    assert.equal(await field(/^strip-path/).evaluate((input) => input.tagName), "SELECT");
    await play.isAccessible("with more values");
    await address.fill("127.0.0.1:0");
    await field(/^strip-path/).selectOption("true");
    await button("Link").click();
    await until(async () => (await links())[0]?.values["strip-path"] === "true", "the link");
    assert.deepEqual((await links())[0].values, { address: "127.0.0.1:0", "strip-path": "true" });
  });

  test("where a provider does not tell, values are lines", async () => {
    await play.tab.page.evaluate(provideInWords);
    await play.start("kv-counter");
    await choose("keyvalue", "quiet on This tab");
    await field(/^Values/).fill("a=1\nb=2");
    await button("Link").click();
    await until(async () => (await links())[0]?.values.b === "2", "the link");
    await form().getByText("quiet · default").click();
    assert.equal(await field(/^Values/).inputValue(), "a=1\nb=2");
  });

  test("a drop on a provider opens the form where values are needed, and links at once where none are", async () => {
    await play.start("http-echo");
    await play.button("Fit to view").click();
    const port = play.node("Actor: http-echo").locator(".svelte-flow__handle").first();
    await play.drag(port, play.node(/Provider: httpserver .* on Server/));
    await button("Link").waitFor();
    assert.equal(await field(/^address/).inputValue(), "127.0.0.1:8080");
    assert.deepEqual(await links(), []);
  });
});
