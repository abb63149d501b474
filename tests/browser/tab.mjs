// A tab that is a host: the page of a server, driven through its `window.wisteria`.

import assert from "node:assert/strict";
import { moduleBytes } from "./paths.mjs";
import { until } from "./until.mjs";

/** Opens the server's page and waits until it has joined the lattice; `context` is for Chromium. */
export async function openTab(browser, server, context) {
  return joined(await browser.page(server.url, context));
}

/** Waits until a page of the server has joined the lattice. */
export async function joined(page) {
  try {
    const { id, engine } = await until(
      () => page.evaluate(() => window.wisteria && { id: window.wisteria.id, engine: window.wisteria.engine }),
      "the page to join the lattice",
      30_000,
    );
    return new Tab(page, id, engine);
  } catch (error) {
    throw new Error(`${error.message}; the page printed:\n${page.console.join("\n")}`, { cause: error });
  }
}

class Tab {
  constructor(page, id, engine) {
    this.page = page;
    this.id = id;
    this.engine = engine;
  }

  /** Starts a module, given by a sample's name or as bytes, on this tab or on `host`; returns its key. */
  start(module, { maxInstances = 4, host = this.id } = {}) {
    const bytes = typeof module === "string" ? moduleBytes(module) : module;
    const base64 = Buffer.from(bytes).toString("base64");
    return this.page.evaluate(
      async ({ base64, options }) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        return window.wisteria.actors.start(bytes, options);
      },
      { base64, options: { maxInstances, host } },
    );
  }

  /** Signs a module, given by a sample's name or as bytes, with this browser's account; resolves with the signed one. */
  async sign(module, claims) {
    const bytes = typeof module === "string" ? moduleBytes(module) : module;
    const base64 = await this.page.evaluate(
      async ({ base64, claims }) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const signed = await window.wisteria.sign(bytes, claims);
        return btoa(Array.from(signed, (byte) => String.fromCharCode(byte)).join(""));
      },
      { base64: Buffer.from(bytes).toString("base64"), claims },
    );
    return Buffer.from(base64, "base64");
  }

  /** The account that signs in this tab. */
  account() {
    return this.page.evaluate(() => window.wisteria.account);
  }

  /** Links an actor to the provider of a contract on `host` that keeps what it holds in memory. */
  async link(actor, contract, host, values = {}) {
    const link = { actor_id: actor, contract_id: contract, link_name: "default", values };
    await this.page.evaluate(
      async ({ link, host }) => {
        const { providers } = await window.wisteria.lattice.inventory(host);
        const keeps = (one) => one.contract_id === link.contract_id && one.image_ref.endsWith("-memory");
        const provider = providers.find(keeps);
        await window.wisteria.links.put({ ...link, provider_id: provider.id });
      },
      { link, host },
    );
  }

  /**
   * Calls an actor with a value, or with text as bytes when `raw`; resolves with `{ reply }` or `{ code, message }`.
   * Bytes in the reply come as text.
   */
  call(actor, operation, argument, { raw = false } = {}) {
    return this.page.evaluate(
      async ({ actor, operation, argument, raw }) => {
        const text = (bytes) => new TextDecoder().decode(bytes);
        const readable = (value) => (value instanceof Uint8Array ? text(value) : value);
        try {
          const payload = raw ? new TextEncoder().encode(argument) : argument;
          const reply = await window.wisteria.call(actor, operation, payload, { raw, deadline: 10_000 });
          if (reply?.body === undefined) return { reply: readable(reply) };
          return { reply: { ...reply, body: readable(reply.body) } };
        } catch (error) {
          return { code: error.code, message: error.message };
        }
      },
      { actor, operation, argument, raw },
    );
  }

  /** Begins to keep what this tab's actors log; resolves with a function that tells the lines kept since. */
  async keepLogs() {
    const kept = await this.page.evaluate(() => {
      if (window.logLines === undefined) {
        window.logLines = [];
        window.wisteria.events.addEventListener("log", ({ detail }) => window.logLines.push(detail.text));
      }
      return window.logLines.length;
    });
    return () => this.page.evaluate((kept) => window.logLines.slice(kept), kept);
  }

  /** The key of a sample's actor, by its file's name. */
  sampleKey(file) {
    return this.page.evaluate(async (wanted) => {
      const samples = await (await fetch("library/index.json")).json();
      return samples.find(({ file }) => file === wanted).key;
    }, file);
  }

  /** The hosts of the lattice, as this tab sees them. */
  hosts() {
    return this.page.evaluate(() => window.wisteria.lattice.hosts());
  }

  /** The key of the server's host. */
  async server() {
    const server = (await this.hosts()).find((host) => host.labels.kind === "server");
    assert.ok(server, "the tab sees the server");
    return server.id;
  }
}
