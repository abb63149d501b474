// The playground's main states, as pictures: in `target/pictures`, or in the folder that `WISTERIA_PICTURES` names, as `docs/pictures`
// when those are renewed.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { before, describe, test } from "node:test";
import { DESK, PHONE } from "./playground.mjs";
import { picturesFolder } from "./paths.mjs";
import { visits } from "./visits.mjs";

const FOLDER = process.env.WISTERIA_PICTURES ?? picturesFolder;

describe("pictures of the playground", { timeout: 300_000 }, () => {
  const { visit } = visits();
  let play;

  before(() => mkdirSync(FOLDER, { recursive: true }));

  /** Takes a picture, and sees that it is one of a page as large as the window. */
  async function take(name) {
    // What appears softly has appeared.
    await play.page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))));
    const png = await play.page.screenshot({ path: `${FOLDER}/${name}.png`, animations: "disabled", caret: "hide" });
    const { width, height } = play.page.viewportSize();
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
  }

  const begin = () => play.page.getByRole("region", { name: "Begin" });
  const call = () => play.inspector().getByRole("button", { name: "Call", exact: true }).click();
  /** The counter's answer is one in JSON within one. */
  const isNow = (count) => play.page.getByRole("log", { name: "Calls" }).getByText(`counter\\":${count},`).first().waitFor();

  /** The counter of the gallery, called some times. */
  async function count(times) {
    await play.tryExample("KV counter");
    await play.goOn("Call it");
    await isNow(1);
    for (let called = 2; called <= times; called += 1) {
      await call();
      await isNow(called);
    }
  }

  for (const theme of ["light", "dark"]) {
    test(`at a desk, ${theme}`, async () => {
      play = await visit({ size: DESK, theme });
      await play.node("Host: Server").waitFor();
      await begin().waitFor();
      await take(`desk-first-run-${theme}`);
      await count(3);
      await play.button("Fit to view").click();
      await take(`desk-called-${theme}`);
      await play.page.getByLabel("Show", { exact: true }).selectOption({ label: "Traces" });
      await take(`desk-traces-${theme}`);
    });

    test(`the code of an actor, ${theme}`, async () => {
      play = await visit({ size: DESK, theme });
      await play.button("New actor…").click();
      await play.page.getByRole("dialog", { name: "New actor" }).getByRole("button", { name: "Create" }).click();
      const area = play.page.getByRole("region", { name: /^Code of / });
      await area.getByRole("button", { name: "Deploy", exact: true }).click();
      await area.getByRole("status").getByText("was deployed in").waitFor({ timeout: 90_000 });
      await take(`desk-code-${theme}`);
    });

    test(`on a phone, ${theme}`, async () => {
      play = await visit({ size: PHONE, theme });
      await play.node("Host: Server").waitFor();
      await begin().waitFor();
      await take(`phone-first-run-${theme}`);
      await count(1);
      await take(`phone-called-${theme}`);
    });
  }
});
