// What a tab signs runs there, and where its account is trusted; the key stays in the browser.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import * as chromium from "./chromium.mjs";
import { moduleBytes } from "./paths.mjs";
import { startServer } from "./server.mjs";
import { joined, openTab } from "./tab.mjs";

const CLAIMS = {
  name: "Upper",
  capabilities: ["wasmcloud:keyvalue", "wasmcloud:builtin:logging"],
  tags: ["signed", "in a tab"],
  alias: "tab/upper",
  version: "1.2.3",
  revision: 4,
  expiresIn: 3_600_000,
};

/** Servers without a word on who joins: this is about what runs. */
const open = (...more) => startServer({ lattice: "embedded", options: ["--open", ...more] });

/** What the module that was signed as the sample answers. */
const answers = async (tab, actor) => {
  assert.deepEqual(await tab.call(actor, "upper", "signed", { raw: true }), { reply: "SIGNED" });
};

for (const driver of browsers) {
  describe(`signing in ${driver.name}'s tab`, { timeout: 180_000 }, () => {
    let folder, server, browser, tab, account, signed, actor;

    /** What the command line says of a module. */
    const inspect = async (module) => {
      const file = join(folder, `${randomUUID()}.wasm`);
      writeFileSync(file, module);
      const { code, stdout, stderr } = await server.cli("claims", "inspect", file, "-o", "json");
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "wisteria-"));
      [server, browser] = await Promise.all([open(), driver.open()]);
      tab = await openTab(browser, server);
      account = await tab.account();
      signed = await tab.sign("wapc_upper", CLAIMS);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test("the account's key is kept by WebCrypto", () => {
      assert.match(account.key, /^A[A-Z2-7]{55}$/);
      assert.equal(account.kept, "webcrypto");
    });

    test("what it signed runs in the tab, by the name that it claims", async () => {
      actor = await tab.start(signed);
      await answers(tab, actor);
      await answers(tab, "tab/upper");
    });

    test("the command line reads all claims, and finds that they hold", async () => {
      const seen = await inspect(signed);
      const { name, capabilities: caps, tags, alias: call_alias, version: ver, revision: rev } = CLAIMS;
      const claimed = { issuer: account.key, subject: actor, name, caps, tags, call_alias, ver, rev };
      const holds = { hash_ok: true, signature_ok: true, valid_now: true };
      const { exp, iat, nbf } = seen;
      for (const [key, value] of Object.entries({ ...claimed, ...holds })) assert.deepEqual(seen[key], value, key);
      assert.deepEqual([exp - iat, nbf], [3600, null]);
    });

    test("a server that is not told to trust the account refuses it, one that is told runs it", async () => {
      const refused = await tab.start(signed, { host: await tab.server() }).then(assert.fail, (error) => error);
      assert.equal(refused.code, "untrusted-issuer");
      assert.ok(refused.message.includes(`--trust ${account.key}`), refused.message);
      const file = join(folder, "signed.wasm");
      writeFileSync(file, signed);
      const trusting = await open("--trust", account.key);
      try {
        const { code, stdout, stderr } = await trusting.cli("start", "actor", file, "-o", "json");
        assert.equal(code, 0, stderr);
        assert.equal(JSON.parse(stdout).actor_id, actor);
      } finally {
        await trusting.stop();
      }
    });

    test("a changed byte is refused, in the module and in its claims", async () => {
      const intact = moduleBytes("wapc_upper").length;
      for (const position of [intact >> 1, signed.length - 200, signed.length - 5]) {
        const changed = Buffer.from(signed);
        changed[position] ^= 1;
        const refused = await tab.start(changed).then(assert.fail, (error) => error);
        assert.match(refused.code, /^invalid-(claims|module)$/, `byte ${position}: ${refused.message}`);
      }
    });

    test("modules signed under one name are versions of one actor", async () => {
      const again = await inspect(await tab.sign("http_echo", { name: "Upper", revision: 5, notBeforeIn: 1500 }));
      assert.deepEqual([again.subject, again.rev, again.exp, again.nbf - again.iat], [actor, 5, null, 2]);
      const other = await inspect(await tab.sign("http_echo", { name: "Echo" }));
      assert.notEqual(other.subject, actor);
      const replaced = await inspect(await tab.sign(signed, { name: "Echo" }));
      assert.deepEqual([replaced.subject, replaced.caps, replaced.hash_ok], [other.subject, [], true]);
    });

    test("claims that are unknown or make no sense are refused by name", async () => {
      const failures = await tab.page.evaluate(async () => {
        const wrong = [
          [undefined, "name"],
          [{}, "name"],
          [{ name: "" }, "name"],
          [{ name: 1 }, "name"],
          [{ name: "a", caps: [] }, "caps"],
          [{ name: "a", capabilities: ["keyvalue"] }, "wasmcloud:keyvalue"],
          [{ name: "a", capabilities: "wasmcloud:keyvalue" }, "sequence"],
          [{ name: "a", tags: null }, "null"],
          [{ name: "a", revision: 1.5 }, "1.5"],
          [{ name: "a", revision: 2 ** 31 }, "2147483648"],
          [{ name: "a", expiresIn: 0 }, "expiresIn"],
          [{ name: "a", expiresIn: 1000, notBeforeIn: 1000 }, "notBeforeIn"],
          [{ name: "a", expiresIn: -1 }, "-1"],
          [{ name: "a", expiresIn: NaN }, "null"],
          [{ name: "a", expiresIn: 1e15 }, "century"],
          [{ name: "a", expiresIn: new Date() }, "string"],
          [{ name: "a", tags: () => {} }, "plain data"],
        ];
        const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
        return Promise.all(
          wrong.map(([claims, word]) =>
            window.wisteria.sign(module, claims).then(
              () => ({ word }),
              ({ name, code, message }) => ({ word, name, code, message }),
            ),
          ),
        );
      });
      for (const { word, name, code, message } of failures) {
        assert.deepEqual([name, code], ["BadRequestError", "bad-request"], `${word}: ${message}`);
        assert.ok(message.includes(word), `${word}: ${message}`);
      }
      const noModule = await tab.sign(Buffer.from("no module"), { name: "a" }).then(assert.fail, (error) => error);
      assert.equal(noModule.code, "invalid-module");
    });

    test("account and actor have the same keys after the page was loaded again", async () => {
      await tab.page.reload();
      tab = await joined(tab.page);
      assert.deepEqual(await tab.account(), account);
      assert.equal((await inspect(await tab.sign("wapc_upper", CLAIMS))).subject, actor);
      await answers(tab, await tab.start(signed));
    });

    test("hosts that make the first key at once make the same", async () => {
      const found = await tab.page.evaluate(async () => {
        const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
        await new Promise((resolve, reject) => {
          Object.assign(indexedDB.deleteDatabase("wisteria signing"), { onsuccess: resolve, onerror: reject });
        });
        const Host = window.wisteria.constructor;
        const hosts = await Promise.all(Array.from({ length: 4 }, () => Host.start()));
        const signed = await Promise.all(hosts.map((host) => host.sign(module, { name: "a" })));
        await Promise.all(hosts.map((host) => host.stop()));
        return { accounts: hosts.map(({ account }) => account), signed: signed.map((bytes) => [...bytes]) };
      });
      const [first] = found.accounts;
      assert.notEqual(first.key, account.key, "the first key was deleted");
      assert.equal(first.kept, "webcrypto");
      assert.deepEqual(found.accounts, Array(4).fill(first));
      const seen = await Promise.all(found.signed.map((bytes) => inspect(Buffer.from(bytes))));
      assert.deepEqual(seen.map(({ issuer }) => issuer), Array(4).fill(first.key));
      assert.deepEqual(seen.map(({ subject }) => subject), Array(4).fill(seen[0].subject), "one name, one actor");
    });

    if (driver.name !== "webkit") {
      test("another tab signs with the same account", async () => {
        await tab.page.reload();
        tab = await joined(tab.page);
        const other = await joined(await tab.page.beside());
        assert.notEqual(other.id, tab.id);
        assert.deepEqual(await other.account(), await tab.account());
        await answers(tab, await tab.start(await other.sign("wapc_upper", { name: "of another tab" })));
      });
    }
  });
}

describe("the key of a tab", { timeout: 180_000 }, () => {
  let server, browser, tab;

  before(async () => {
    [server, browser] = await Promise.all([open(), chromium.open()]);
    // Workers of the test's own making take the place of the page's.
    tab = await joined(await browser.page(server.url, { bypassCSP: true }));
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** In an origin without keys, starts a host whose worker has run `change` first; has it sign twice, and start. */
  const startChanged = (change) =>
    tab.page.evaluate(
      async ({ change, base64 }) => {
        await new Promise((resolve, reject) => {
          Object.assign(indexedDB.deleteDatabase("wisteria signing"), { onsuccess: resolve, onerror: reject });
        });
        const script = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        const { name } = performance.getEntriesByType("resource").find(({ name }) => /\/worker[^/]*\.js$/.test(name));
        const begin = () => {
          const text = `import ${JSON.stringify(script(`(${change})()`))}; import ${JSON.stringify(name)};`;
          return window.wisteria.constructor.startIn(new Worker(script(text), { type: "module" }));
        };
        const module = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const host = await begin();
        const signed = await host.sign(module, { name: "a", revision: 1 });
        const actors = [await host.actors.start(signed), await host.actors.start(await host.sign(module, { name: "a" }))];
        const reply = await host.call(actors[0], "upper", new TextEncoder().encode("signed"), { raw: true });
        const later = await begin();
        await Promise.all([host.stop(), later.stop()]);
        const { key, kept } = host.account;
        return { key, kept, actors, reply: new TextDecoder().decode(reply), later: later.account.key };
      },
      { change: String(change), base64: Buffer.from(moduleBytes("wapc_upper")).toString("base64") },
    );

  test("is exported to nobody", async () => {
    const found = await tab.page.evaluate(async () => {
      const wait = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await wait(indexedDB.open("wisteria signing"));
      const { key, ...others } = await wait(database.transaction("keys").objectStore("keys").get("account"));
      database.close();
      const tries = ["pkcs8", "raw", "jwk"].map((format) => crypto.subtle.exportKey(format, key));
      const outcomes = await Promise.allSettled(tries);
      const { type, extractable, usages } = key;
      return { others: Object.keys(others), key: { type, extractable, usages }, outcomes: outcomes.map(({ status }) => status) };
    });
    assert.deepEqual(found.key, { type: "private", extractable: false, usages: ["sign"] });
    assert.deepEqual(found.outcomes, ["rejected", "rejected", "rejected"]);
    assert.deepEqual(found.others, ["public"], "nothing else of it is kept");
  });

  const FALLBACKS = [
    {
      title: "is a seed where WebCrypto has no Ed25519",
      kept: "seed",
      change: () => {
        crypto.subtle.generateKey = () => Promise.reject(new DOMException("no such algorithm", "NotSupportedError"));
      },
    },
    {
      title: "is a seed where there is no WebCrypto, as without TLS",
      kept: "seed",
      change: () => Object.defineProperty(crypto, "subtle", { value: undefined }),
    },
    {
      title: "is a seed where keys cannot be stored",
      kept: "seed",
      change: () => {
        const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (value, name) {
          if (value.key) throw new DOMException("a key cannot be cloned", "DataCloneError");
          return put.call(this, value, name);
        };
      },
    },
    {
      title: "is a seed where stored keys come back as nothing",
      kept: "seed",
      change: () => {
        const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (value, name) {
          return put.call(this, value.key ? { ...value, key: null } : value, name);
        };
      },
    },
    {
      title: "lasts as long as its host where the page stores nothing",
      kept: "memory",
      change: () => Object.defineProperty(self, "indexedDB", { value: undefined }),
    },
    {
      title: "lasts as long as its host where the browser has neither store nor WebCrypto",
      kept: "memory",
      change: () => {
        Object.defineProperty(self, "indexedDB", { value: undefined });
        Object.defineProperty(crypto, "subtle", { value: undefined });
      },
    },
  ];

  for (const { title, kept, change } of FALLBACKS) {
    test(title, async () => {
      const found = await startChanged(change);
      assert.equal(found.kept, kept);
      assert.equal(found.reply, "SIGNED");
      assert.equal(found.actors[0], found.actors[1], "one name, one actor");
      assert.equal(found.later === found.key, kept === "seed", "only what is stored is found again");
    });
  }

  test("is in WebCrypto where nothing is changed, so what the others change is what they are about", async () => {
    const found = await startChanged(() => {});
    assert.deepEqual([found.kept, found.later], ["webcrypto", found.key]);
  });
});
