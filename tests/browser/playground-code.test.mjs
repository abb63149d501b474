// The playground's code area: actors that are written, deployed and changed on the page.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { DESK, PHONE, startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";
import { until } from "./until.mjs";

describe("code in the playground", { timeout: 300_000 }, () => {
  let browser, server, play;

  before(async () => {
    browser = await startBrowser();
  });

  after(() => browser?.close());

  beforeEach(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    await play?.close();
    await server?.stop();
  });

  const area = () => play.page.getByRole("region", { name: /^Code of / });
  const status = () => area().getByRole("status");
  const editor = () => area().getByRole("textbox", { name: /^Source of / });

  /** Begins an actor from a template, and waits for the editor. */
  async function begin(template, name) {
    await play.show("Library");
    await play.button("New actor…").click();
    const form = play.page.getByRole("dialog", { name: "New actor" });
    await form.getByRole("radio", { name: new RegExp(`^${template} `) }).check();
    if (name) await form.getByLabel("Name", { exact: true }).fill(name);
    await form.getByRole("button", { name: "Create" }).click();
    await editor().waitFor();
  }

  /** Deploys what is in the editor, and waits for how that ended. */
  async function deploy(outcome = /was deployed in/) {
    await area().getByRole("button", { name: "Deploy", exact: true }).click();
    await status().getByText(outcome).waitFor({ timeout: 60_000 });
  }

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} an actor is written, deployed and called`, async () => {
      play = await browser.open(server, { size });
      await begin("echo");
      await deploy();
    });
  }
});
