// Tabs without a server: the page as a site of files, whose tabs are the lattice.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { startFiles } from "./files.mjs";
import { DESK, PHONE, startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";
import { joined, openTab } from "./tab.mjs";
import { until } from "./until.mjs";

const request = { method: "GET", path: "/alone", queryString: "", header: {}, body: "" };

/** In how many milliseconds tabs see each other come and go. */
const SOON = 2000;

/** The same where another tab takes over, which starts a broker first; on a machine that has much else to do. */
const TAKEOVER = 8000;

/** The page is gone from the moment that this returns; its browser stays. */
const leave = (tab) => tab.page.evaluate(() => void setTimeout(() => location.replace("about:blank")));

for (const driver of browsers) {
  describe(`tabs without a server in ${driver.name}`, { timeout: 180_000 }, () => {
    let site, browser, first, second, third, fourth, counter;

    before(async () => {
      [site, browser] = await Promise.all([startFiles(), driver.open()]);
      first = await openTab(browser, site);
    });

    after(async () => {
      await browser?.close();
      site?.stop();
    });

    const live = async (tab) => (await tab.hosts()).filter(({ presence }) => presence === "live").map(({ id }) => id).sort();
    const count = async (tab) => {
      const { reply, code, message } = await tab.call(counter, "HttpServer.HandleRequest", request);
      return reply?.body ?? `${code}: ${message}`;
    };
    /** Links the counter to the provider that keeps what it holds where the origin does. */
    const link = (tab) =>
      tab.page.evaluate(async (actor_id) => {
        const { providers } = await window.wisteria.lattice.inventory(window.wisteria.id);
        const { id } = providers.find(({ name }) => name === "keyvalue-opfs" || name === "keyvalue-indexeddb");
        await window.wisteria.links.put({ actor_id, provider_id: id, contract_id: "wasmcloud:keyvalue", values: { FILE: "alone" } });
      }, counter);
    const links = (tab) => tab.page.evaluate(() => window.wisteria.lattice.links());

    test("the first tab is a lattice, without a question to any server", async () => {
      assert.deepEqual(await live(first), [first.id]);
      assert.deepEqual(site.asked.filter((path) => path.includes("api") || path.endsWith("/lattice")), []);
    });

    test("an actor is started, linked and called there", async () => {
      counter = await first.start("kv_counter");
      await link(first);
      assert.equal(await count(first), '{"counter":1,"key":"counter:alone"}');
    });

    test("a host on the page's own thread joins as well, and hosts of other lattices do not", async () => {
      const seen = await first.page.evaluate(async () => {
        const { constructor: Host, id } = window.wisteria;
        const beside = await Host.start({ bridge: "tab:", worker: false });
        const apart = await Host.start({ bridge: "tab:", lattice: "other" });
        const ids = async (host) => (await host.lattice.hosts()).map(({ id }) => id).sort();
        const all = [await ids(beside), await ids(apart)];
        const expected = [[id, beside.id].sort(), [apart.id]];
        await Promise.all([beside.stop(), apart.stop()]);
        return { all, expected };
      });
      assert.deepEqual(seen.all, seen.expected);
    });

    test("a second tab joins, is seen by both, and calls the actor of the first", async () => {
      second = await joined(await first.page.beside());
      const both = [first.id, second.id].sort();
      for (const tab of [first, second]) await until(async () => (await live(tab)).join() === both.join(), "both tabs to be seen", SOON);
      assert.equal((await links(second)).length, 1);
      assert.equal(await count(second), '{"counter":2,"key":"counter:alone"}');
    });

    test("large messages go from tab to tab", async () => {
      const size = 6_000_000;
      await first.page.evaluate(async () => {
        window.large = window.wisteria.subscribe("large");
        await window.large.ready;
      });
      await second.page.evaluate(async (size) => {
        const payload = new Uint8Array(size).map((_, at) => at % 251);
        for (let round = 0; round < 4; round++) await window.wisteria.publish("large", payload, { raw: true });
      }, size);
      const heard = await first.page.evaluate(async () => {
        const sizes = [];
        for (let round = 0; round < 4; round++) {
          const { value } = await window.large.next();
          const bytes = value.bytes;
          sizes.push([bytes.length, bytes.every((byte, at) => byte === at % 251)]);
        }
        return sizes;
      });
      assert.deepEqual(heard, Array(4).fill([size, true]));
    });

    test("when the tab that ran the lattice closes, open calls fail with the reason, and another takes over with all links", async () => {
      await second.start("kv_counter");
      await second.page.evaluate(async () => {
        const silent = window.wisteria.subscribe("silent");
        await silent.ready;
        window.open = window.wisteria.request("silent", 1, { deadline: 60_000 }).then(
          () => ({}),
          ({ code, message }) => ({ code, message }),
        );
        await silent.next();
      });
      await leave(first);
      const { code, message } = await second.page.evaluate(() => window.open);
      assert.match(code, /^(host-lost|unreachable)$/);
      assert.match(message, /may have/);
      await until(async () => (await live(second)).join() === second.id, "the first tab to be gone", TAKEOVER);
      assert.equal((await links(second)).length, 1);
      await until(async () => (await count(second)) === '{"counter":3,"key":"counter:alone"}', "the second tab to go on counting");
    });

    test("links and values are there when all tabs were closed", async () => {
      await leave(second);
      third = await joined(await first.page.beside());
      await until(async () => (await live(third)).join() === third.id, "the third tab to be alone", TAKEOVER);
      assert.deepEqual((await links(third)).map(({ actor_id }) => actor_id), [counter]);
      await third.start("kv_counter");
      assert.equal(await count(third), '{"counter":4,"key":"counter:alone"}');
    });

    test("a tab whose host stops hands over to another", async () => {
      fourth = await joined(await first.page.beside());
      await until(async () => (await live(fourth)).length === 2, "both tabs to be seen", SOON);
      await third.page.evaluate(() => window.wisteria.stop());
      await until(async () => (await live(fourth)).join() === fourth.id, "the other tab to carry on", TAKEOVER);
      assert.equal((await links(fourth)).length, 1);
    });

    test("so does one that is closed", async () => {
      const fifth = await joined(await first.page.beside());
      await until(async () => (await live(fifth)).length === 2, "both tabs to be seen", SOON);
      await fifth.start("kv_counter");
      await fourth.page.close();
      await until(async () => (await live(fifth)).join() === fifth.id, "the other tab to carry on", TAKEOVER);
      assert.equal((await links(fifth)).length, 1);
      await until(async () => (await count(fifth)) === '{"counter":5,"key":"counter:alone"}', "the other tab to go on counting");
    });
  });
}

describe("the playground without a server", { timeout: 300_000 }, () => {
  let site, browser, play;

  before(async () => {
    [site, browser] = await Promise.all([startFiles(), startBrowser()]);
  });

  after(async () => {
    await browser?.close();
    site?.stop();
  });

  test("a site that says nothing of itself is asked once, and is then a lattice by itself", async () => {
    const plain = await startFiles({ head: false });
    const page = await browser.open(plain);
    await page.page.getByText("This browser", { exact: true }).waitFor();
    await page.node("Host: This tab").waitFor();
    assert.equal(plain.asked.filter((path) => path === "/wisteria/api/config").length, 1);
    await page.close();
    plain.stop();
  });

  for (const [name, size] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`on a ${name} one load is a canvas to work on`, async () => {
      play = await browser.open(site, { size });
      await play.node("Host: This tab").waitFor();
      await play.start("kv-counter");
      await play.link("keyvalue", "keyvalue-memory on This tab");
      await play.inspector().getByRole("button", { name: "Call", exact: true }).click();
      await play.page.getByRole("log", { name: "Calls" }).getByText("counter:hello").waitFor();
      await play.close();
    });

    for (const theme of ["light", "dark"]) {
      test(`on a ${name} axe finds nothing in the way to a server in ${theme} colours`, async () => {
        play = await browser.open(site, { size, theme });
        await play.node("Host: This tab").waitFor();
        await openDialog(play);
        await play.isAccessible("the dialog");
        await join(play, "nonsense at all");
        await play.page.getByRole("dialog").getByRole("alert").waitFor();
        await play.isAccessible("a failure");
        await play.close();
      });
    }
  }

  test("a second tab stands on both canvases, and is gone from them when it closes", async () => {
    play = await browser.open(site);
    await play.node("Host: This tab").waitFor();
    const page = await play.context.newPage();
    await page.goto(site.url);
    const others = (of) => of.getByRole("group", { name: /^Host: Tab / });
    await others(page).waitFor();
    await others(play.page).waitFor({ timeout: SOON });
    // The first one runs the lattice.
    await play.page.close();
    await others(page).waitFor({ state: "detached", timeout: TAKEOVER });
    await page.getByText("Connected", { exact: true }).waitFor();
    await play.close();
  });

  test("a server is joined as a second step, and what is wrong is said where it was typed", async () => {
    const server = await startServer({ lattice: "embedded", options: ["--allow-origin", site.origin] });
    try {
      play = await browser.open(site);
      await play.node("Host: This tab").waitFor();
      const own = play.tab.id;
      await openDialog(play);
      const failure = play.page.getByRole("dialog").getByRole("alert");
      await join(play, "ws://127.0.0.1:9/lattice");
      await failure.getByText("check that its server runs").waitFor();
      assert.equal(await play.page.evaluate(() => window.wisteria.id), own, "the tab stays where it is");
      await join(play, server.url);
      await failure.getByText("accepts the token").waitFor();
      await join(play, server.url, await server.run("token", "mint", "--role", "page"));
      await play.node("Host: Server").waitFor();
      assert.equal(await play.page.getByRole("dialog").count(), 0);
      const kept = await play.page.evaluate(() => location.href + JSON.stringify({ ...localStorage, ...sessionStorage }));
      assert.doesNotMatch(kept, /eyJ|token/);
      // And back.
      await play.page.keyboard.press("Control+k");
      await play.page.keyboard.type("leave the server");
      await play.page.keyboard.press("Enter");
      await play.page.getByText("This browser", { exact: true }).waitFor();
      await play.node("Host: Server").waitFor({ state: "detached" });
    } finally {
      await play.close();
      await server.stop();
    }
  });
});

async function openDialog({ page, isPhone }) {
  if (!isPhone) return page.getByRole("button", { name: "Join a server…" }).click();
  await page.getByRole("button", { name: "Commands…" }).click();
  await page.getByRole("combobox", { name: "Command" }).fill("join a server");
  await page.keyboard.press("Enter");
}

/** Fills in the dialog. */
async function join({ page }, address, token = "") {
  const dialog = page.getByRole("dialog", { name: "Join a server" });
  await dialog.getByLabel("Address").fill(address);
  await dialog.getByLabel("Token").fill(token);
  await dialog.getByRole("button", { name: "Join", exact: true }).click();
}
