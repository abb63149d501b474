import { startBrowser, DESK, PHONE } from "./playground.mjs";
import { startServer } from "./server.mjs";
const [theme = "light", which = "desk"] = process.argv.slice(2);
const browser = await startBrowser();
const server = await startServer({ options: ["--open"] });
try {
  const play = await browser.open(server, { theme, size: which === "desk" ? DESK : PHONE });
  play.page.on("console", (m) => console.log(m.type(), m.text()));
  play.page.on("pageerror", (e) => console.log("ERR", e.message));
  await play.node("Host: Server").waitFor();
  await play.start("kv-counter");
  await play.link("keyvalue", "keyvalue-memory on This tab");
  await play.inspector().getByText("keyvalue-memory · default").waitFor();
  await play.page.getByLabel("Start on").selectOption({ index: 1 }).catch(()=>{});
  if (which === "desk") await play.start("http-echo");
  const told = await play.page.evaluate(async () => {
    const host = window.wisteria;
    const links = await host.lattice.links();
    const server = (await host.lattice.hosts()).find((h) => h.labels.kind === "server").id;
    const [{ actor_id, provider_id }] = links;
    const echo = (await host.lattice.inventory(server)).actors[0]?.id ?? actor_id;
    let n = 0;
    const hex = (n, l) => n.toString(16).padStart(l, "0");
    const enc = async (v) => v;
    window.tick = async (fail) => {
      n++;
      const at = Date.now();
      const input = new Uint8Array([0xa5, 104, 101, 108, 108, 111]);
      const base = { origin: actor_id, target: provider_id, contract: "wasmcloud:keyvalue", link_name: "default", operation: "KeyValue.Increment" };
      const t = hex(n, 32);
      await host.publish("wisteria.calls.default", { host: host.id, at, window: 100, dropped: 0,
        edges: [{ origin: actor_id, target: provider_id, contract: "wasmcloud:keyvalue", link_name: "default", count: 3, failed: fail ? 1 : 0, took: 6, slowest: 3, p50: 1.5 + Math.random() * 2 },
          { origin: echo, target: actor_id, count: 2, failed: 0, took: 6, slowest: 3, p50: 3 }],
        calls: [
          { ...base, trace: t, span: hex(n * 10 + 3, 16), parent: hex(n * 10 + 2, 16), began: at - 20, waited: 0, took: 8, bytes_in: 6, bytes_out: 1, input, output: new Uint8Array([n % 100]), ...(fail ? { error: { code: "provider-failed", message: "the store is full" } } : {}) },
          { trace: t, span: hex(n * 10 + 2, 16), parent: hex(n * 10 + 1, 16), origin: echo, target: actor_id, operation: "HttpServer.HandleRequest", began: at - 30, waited: 4, took: 22, fuel: 12345, memory: 1179648, bytes_in: 6, bytes_out: 6, input, output: input }],
        actors: [{ actor: actor_id, waiting: n % 9, busy: 3, instances: 4 }], logs: [] });
      await host.publish("wisteria.calls.default", { host: server, at, window: 100, dropped: 0,
        edges: [{ origin: host.id, target: echo, count: 2, failed: 0, took: 90, slowest: 50, p50: 45 }],
        calls: [{ trace: t, span: hex(n * 10 + 1, 16), origin: host.id, target: echo, operation: "Echo.All", began: at - 40, waited: 0.4, took: 42, bytes_in: 6, bytes_out: 6, input, output: input }],
        actors: [], logs: [{ actor: echo, level: "warn", text: "hello from the server", at }] });
    };
    return { links: links.length };
  });
  console.log(told);
  for (let i = 0; i < 25; i++) { await play.page.evaluate((f) => window.tick(f), i === 20 && theme === "dark"); await new Promise((r) => setTimeout(r, 100)); }
  const shot = (name) => play.page.screenshot({ path: `/tmp/seen/${name}-${which}-${theme}.png` });
  if (which === "desk") {
    await play.button("Fit to view").click();
    await play.page.getByLabel("Show", { exact: true }).selectOption("Traces");
    await play.page.evaluate(() => window.tick());
    await play.page.waitForTimeout(600);
    await shot("traces");
    await play.page.getByRole("button", { name: /^Level 3: KeyValue.Increment/ }).first().click();
    await play.page.getByLabel("Show", { exact: true }).selectOption("Messages");
    await play.page.getByRole("button", { name: "Pause" }).click();
    await shot("messages");
    await play.page.getByRole("button", { name: "Step back" }).click();
    await play.inspector().getByRole("button", { name: "Replay" }).click();
    await play.page.waitForTimeout(1000);
    await shot("replay");
    await play.page.getByRole("button", { name: "Go on" }).click();
    for (let i = 0; i < 5; i++) await play.page.evaluate(() => window.tick());
    await play.page.keyboard.press("Escape");
    await play.node("Actor: kv-counter").click();
    await play.page.waitForTimeout(500);
    await play.inspector().getByRole("heading", { name: "Last messages" }).scrollIntoViewIfNeeded();
    await play.page.getByLabel("Show", { exact: true }).selectOption("Subjects");
    await play.page.waitForTimeout(800);
    await shot("actor");
    await play.inspector().getByRole("button", { name: /Fill the mailbox/ }).click();
    await shot("fill");
  } else {
    await play.button("Close sheet").click();
    await play.show("Timeline");
    await play.page.getByLabel("Show", { exact: true }).selectOption("Traces");
    await play.page.waitForTimeout(500);
    await shot("traces");
    await play.page.getByLabel("Show", { exact: true }).selectOption("Messages");
    await play.page.waitForTimeout(300);
    await shot("messages");
    await play.page.getByRole("list", { name: "Messages" }).getByRole("button").first().click();
    await play.page.waitForTimeout(300);
    await shot("message");
  }
} catch (e) { console.log(e); } finally { await browser.close(); await server.stop(); }
