import { DESK, PHONE, startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";
import { until } from "./until.mjs";
const browser = await startBrowser(); const server = await startServer();
const shot = (p, n) => p.page.screenshot({ path: `/tmp/farm/s-${n}.png` });
const what = process.argv[2];
try {
  for (const [name, size, theme] of [["desk", DESK, "light"], ["phone", PHONE, "dark"]]) {
    const play = await browser.open(server, { size, theme });
    await play.page.getByRole("region", { name: "Begin" }).waitFor();
    await play.node("Host: Server").waitFor();
    await shot(play, `begin-${name}`);
    await play.page.getByRole("button", { name: "Try Fractal farm" }).click();
    await play.page.getByRole("region", { name: "Next step" }).waitFor();
    await shot(play, `next-${name}`);
    await play.page.getByRole("button", { name: "Begin", exact: true }).click();
    await until(async () => Number.parseFloat(await play.page.getByText("tiles/s").textContent()) > 2, "rate", 20000);
    await shot(play, `farm-${name}`);
    await play.page.getByRole("button", { name: "Close stage" }).click();
    await play.button("Share…").click();
    await until(async () => (await play.page.getByRole("textbox", { name: /^Link/ }).inputValue()) !== "", "link");
    const url = await play.page.getByRole("textbox", { name: /^Link/ }).inputValue();
    await shot(play, `share-${name}`);
    await play.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await play.button("Commands…").click(); await play.page.getByRole("combobox", { name: "Command" }).fill("Export manifest"); await play.page.keyboard.press("Enter");
    await until(async () => (await play.page.getByLabel("Manifest", { exact: true }).inputValue()) !== "", "man");
    const text = await play.page.getByLabel("Manifest", { exact: true }).inputValue();
    await shot(play, `export-${name}`);
    await play.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    const fresh = await startServer();
    const there = await browser.open(fresh, { size, theme, path: new URL(url).hash });
    await there.page.getByRole("dialog").getByText("Actor fractal-farm").waitFor({timeout:8000}).catch(async (e)=>{ await shot(there,"fail"); console.log(await there.page.evaluate(()=>location.href), url.length); throw e; });
    await shot(there, `shared-${name}`);
    await there.page.getByRole("button", { name: "Apply" }).click();
    await there.page.getByRole("button", { name: "Show it" }).waitFor();
    await shot(there, `applied-${name}`);
    await there.page.getByRole("button", { name: "Show it" }).click();
    await there.button("Commands…").click(); await there.page.getByRole("combobox", { name: "Command" }).fill("Import manifest"); await there.page.keyboard.press("Enter");
    await there.page.getByLabel("Manifest in YAML or JSON").fill(text.replace("name: playground", "name: other").replaceAll("replicas: 16", "replicas: 4"));
    await there.page.getByRole("button", { name: "Show the plan" }).click();
    await there.page.getByRole("region", { name: "Plan" }).getByText("missing").waitFor();
    await shot(there, `import-${name}`);
    await there.close(); await fresh.stop();
    await play.page.evaluate(async () => { const {lattice, actors}=window.wisteria; for (const h of await lattice.hosts()) for (const a of (await lattice.inventory(h.id).catch(()=>({actors:[]}))).actors) await actors.stop(a.id,{host:h.id}); });
    await play.close();
  }
} finally { await browser.close(); await server.stop(); }
process.exit(0);
