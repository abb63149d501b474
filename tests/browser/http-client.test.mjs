// Requests of actors by the browser's own means, to where their link allows.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { freeAddress } from "./http.mjs";
import { linkedTo, startOpenServer } from "./linked.mjs";
import { startSite } from "./site.mjs";
import { openTab } from "./tab.mjs";
import { startProxy } from "./unrestricted.mjs";

const CONTRACT = "wasmcloud:httpclient";
const REQUEST = "HttpClient.Request";

for (const driver of browsers) {
  describe(`requests from ${driver.name}'s tab`, { timeout: 180_000 }, () => {
    let server, proxy, browser, site, other, gone, linked, provider;

    before(async () => {
      proxy = await startProxy(() => server.url);
      server = await startOpenServer("--allow-origin", new URL(proxy.url).origin);
      [browser, site, other] = await Promise.all([driver.open(), startSite(), startSite()]);
      gone = `http://${await freeAddress()}`;
      const tab = await openTab(browser, proxy);
      const { providers } = await tab.page.evaluate((id) => window.wisteria.lattice.inventory(id), tab.id);
      provider = providers.find(({ image_ref }) => image_ref === "httpclient-fetch").id;
      await relink(`${site.url},${other.url}/echo,${gone}`);
    });

    after(async () => {
      await linked?.stop();
      await browser?.close();
      await server?.stop();
      for (const each of [site, other, proxy]) each?.stop();
    });

    const relink = async (allow, ...more) => {
      await linked?.stop();
      linked = await linkedTo(server, provider, CONTRACT, [`ALLOW=${allow}`, "MAX_BODY=64Ki", ...more]);
    };
    const get = (url, more = {}) => linked.call(REQUEST, { url, ...more });

    test("a request arrives as the actor made it, and its answer comes back", async () => {
      const { reply } = await get(`${site.url}/echo?q=1&r=a%20b#part`, { method: "POST", headers: { "x-own": ["1"] }, body: "hi" });
      assert.deepEqual([reply.statusCode, new TextDecoder().decode(reply.body)], [200, "POST /echo?q=1&r=a%20b x-own=1 body=hi"]);
    });

    test("every status is an answer", async () => {
      for (const status of [204, 404, 500]) {
        const { reply } = await get(`${site.url}/status/${status}`);
        assert.deepEqual([reply.statusCode, new TextDecoder().decode(reply.body)], [status, status === 204 ? "" : `status ${status}`]);
      }
    });

    test("what the link does not allow is asked of nobody", async () => {
      other.heard.length = 0;
      assert.equal((await get(`${other.url}/echo`)).reply.statusCode, 200);
      for (const path of ["/status/200", "/echo/../status/200", "/echo/..%2fstatus/200", "/echo/%252e%252e%252fstatus", "/echoes"]) {
        const { code, message } = await get(`${other.url}${path}`);
        assert.equal(code, "provider-failed");
        assert.match(message, /^the link does not allow http:\/\/127\.0\.0\.1:/);
      }
      for (const url of ["https://example.org/a?token=secret", "ftp://example.org/", "file:///etc/passwd", proxy.url, "data:text/plain,a", "blob:null/a"]) {
        const { code, message } = await get(url);
        assert.equal(code, "provider-failed", url);
        assert.match(message, /^the link does not allow /);
        assert.doesNotMatch(message, /secret/);
      }
      assert.match((await get(other.url.replace("//", "//user:word@"))).message, /a user's name or a password/);
      assert.equal(other.heard.length, 1);
    });

    test("what is the user's or of the connection is not sent", async () => {
      site.heard.length = 0;
      const headers = { Host: ["evil.example"], Connection: ["x-own"], "x-own": ["1"], "Transfer-Encoding": ["chunked"] };
      assert.equal((await get(`${site.url}/echo`, { headers })).reply.statusCode, 200);
      const [heard] = site.heard;
      assert.equal(heard.host, new URL(site.url).host);
      for (const name of ["x-own", "cookie", "referer", "transfer-encoding"]) assert.equal(heard[name], undefined, name);
    });

    test("what is no request is refused", async () => {
      const refused = async (argument) => {
        const { code, message } = await linked.call(REQUEST, argument);
        return `${code}: ${message}`;
      };
      const url = `${site.url}/echo`;
      assert.match(await refused("http://example.org"), /^bad-request: the argument of HttpClient\.Request cannot be read: /);
      assert.match(await refused({}), /^provider-failed: the request cannot be sent: its URL cannot be read: /);
      assert.match(await refused({ method: "A B", url }), /"A B" is no method$/);
      assert.match(await refused({ method: "CONNECT", url }), /CONNECT is for proxies/);
      assert.match(await refused({ url, body: "hi" }), /GET has no body; /);
      assert.match(await refused({ url, headers: { "a b": ["1"] } }), /"a b" is no name of a header$/);
      assert.match(await refused({ url, headers: { a: ["1\r\nx-own: 2"] } }), /the value of the header "a" /);
    });

    test("a response that is too large is refused before it ends", async () => {
      assert.equal((await get(`${site.url}/bytes/65536`)).reply.body.length, 65536);
      for (const path of ["/bytes/65537", "/endless"]) {
        const { code, message } = await get(`${site.url}${path}`);
        assert.deepEqual([code, message], ["provider-failed", `the response of ${site.url}${path} is larger than 65536 bytes; ask for less, or raise the link's MAX_BODY`]);
      }
    });

    test("a server that is not there, or does not answer, is unavailable", async () => {
      const { code, message } = await get(`${gone}/echo`);
      assert.equal(code, "provider-unavailable");
      assert.ok(message.startsWith(`${gone} cannot be reached from this page: `), message);
      await relink(site.url, "TIMEOUT=300ms");
      assert.match((await get(`${site.url}/silent`)).message, /did not answer within 300 ms/);
      assert.equal((await get(`${site.url}/echo`)).reply.statusCode, 200);
    });

    test("a redirect is not followed to where nobody sees", async () => {
      site.heard.length = 0;
      const { code, message } = await get(`${site.url}/to/302/echo`);
      assert.deepEqual([code, message], ["provider-failed", `${site.url}/to/302/echo redirects, and a tab does not see where to; ask for its last URL`]);
      assert.equal(site.heard.length, 1);
    });

    test("a link that says nothing that can be used is refused with what is wrong", async () => {
      const refused = async (...values) => (await server.cli("link", "put", linked.actor, provider, CONTRACT, ...values)).stderr;
      assert.match(await refused(), /`ALLOW` is missing/);
      for (const [entry, why] of [["example.org", "has no scheme"], ["ftp://a.example", "is neither http nor https"], ["https://a.*.example", "has a \\*"], ["https://*.127.0.0.1", "has a \\* before an address"], ["https://a.example/?q", "has a query"]]) {
        assert.match(await refused(`ALLOW=${entry}`), new RegExp(`\`ALLOW\` ${why}`), entry);
      }
      assert.match(await refused("ALLOW=https://a.example", "MAX_BODY=17Mi"), /at most 16Mi/);
    });
  });
}
