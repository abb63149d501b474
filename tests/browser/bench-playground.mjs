// How smooth the playground is with 300 nodes, 400 links and 1,000 messages a second, and whether its memory stays flat. Run by
// hand: node bench-playground.mjs [--minutes 2] [--trace FILE] [--profile FILE]. Prints a table.

import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freeAddress } from "./http.mjs";
import { startBrowser } from "./playground.mjs";
import { startServer } from "./server.mjs";
import { startSyntheticHosts } from "./synthetic.mjs";
import { until } from "./until.mjs";

const HOSTS = 25;
const ACTORS = 8;
const MESSAGES = 1000;
/** How long frames are counted, in milliseconds. */
const COUNTED = 8000;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "2" }, profile: { type: "string" }, trace: { type: "string" } } });

const nats = await freeAddress();
const server = await startServer({ lattice: "embedded", options: ["--open", "--nats-listen", nats] });
const browser = await startBrowser();
let hosts;
try {
  hosts = await startSyntheticHosts(`nats://${nats}`, { hosts: HOSTS, actors: ACTORS });
  const play = await browser.open(server, { reducedMotion: "no-preference" });
  const cdp = await play.context.newCDPSession(play.page);
  const drawn = () => play.page.evaluate(() => document.querySelectorAll(".svelte-flow__minimap-node").length);
  await until(async () => (await drawn()) > HOSTS * ACTORS, "the hosts to be drawn", 60_000);
  console.log(`${hosts.nodes} nodes on ${HOSTS} hosts, ${hosts.links} links, ${await drawn()} nodes in the mini-map`);
  await play.button("Fit to view").click();

  line(["", "fps by the median", "fps in all", "median ms", "p95 ms", "longest ms", "CPU ms a frame"]);
  console.log(`load of the machine: ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores`);
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const cpu = async () => (await cdp.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  const row = async (name, work) => {
    const before = await cpu();
    const { count, ...counted } = await frames(play.page, work);
    const own = (await cpu()) - before;
    line([name, ...[...Object.values(counted), own / count].map((number) => number.toFixed(1))]);
  };
  await row("all in sight, no messages", () => pause(COUNTED));
  await row("all in sight, no messages, panned", () => pan(play.page, COUNTED));
  hosts.tell(MESSAGES);
  const shown = play.page.getByLabel("Show", { exact: true });
  await shown.selectOption("Messages");
  await play.page.getByRole("list", { name: "Messages", exact: true }).getByRole("button").first().waitFor();
  await shown.selectOption("All");
  await row(`all in sight, ${MESSAGES} messages/s`, () => pause(COUNTED));
  if (values.trace) await browser.startTracing(play.page, values.trace);
  if (values.profile) await cdp.send("Profiler.enable").then(() => cdp.send("Profiler.start"));
  await row(`all in sight, ${MESSAGES} messages/s, panned`, () => pan(play.page, COUNTED));
  if (values.trace) await browser.stopTracing();
  if (values.profile) writeFileSync(values.profile, JSON.stringify((await cdp.send("Profiler.stop")).profile));
  const zoomIn = () => play.page.evaluate(() => document.querySelector('[aria-label="Zoom in"]').click());
  for (let times = 0; times < 8; times++) await zoomIn().then(() => pause(300));
  await row(`near, ${MESSAGES} messages/s`, () => pause(COUNTED));
  await row(`near, ${MESSAGES} messages/s, panned`, () => pan(play.page, COUNTED));

  await play.button("Fit to view").click();
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1024 / 1024;
  };
  const steps = [];
  for (let minute = 0; minute <= Number(values.minutes); minute++) {
    if (minute > 0) await pause(60_000);
    steps.push((await heap()).toFixed(1));
  }
  console.log(`heap after collection, minute by minute, in MiB: ${steps.join(", ")}`);
} finally {
  await browser.close();
  await hosts?.stop();
  await server.stop();
}

/** What frames came while `work` was done: their number, that in a second, and how far they were apart. */
async function frames(page, work) {
  await page.evaluate(() => {
    window.frameTimes = [];
    const next = (time) => {
      window.frameTimes?.push(time);
      if (window.frameTimes) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await work();
  const told = await page.evaluate(() => {
    const told = window.frameTimes;
    window.frameTimes = undefined;
    return told;
  });
  // What is told twice of one time is one frame.
  const times = told.filter((time, at) => time !== told[at - 1]);
  if (times.length < 2) throw new Error("the page drew no two frames; measure it where its window is in sight");
  const apart = times.slice(1).map((time, at) => time - times[at]).sort((one, other) => one - other);
  const part = (of) => apart[Math.min(apart.length - 1, Math.floor(apart.length * of))];
  return { count: apart.length, fps: 1000 / part(0.5), mean: (1000 * apart.length) / (times.at(-1) - times[0]), median: part(0.5), p95: part(0.95), most: apart.at(-1) };
}

/** Drags the pane about for a time, step by step as a hand does. */
async function pan(page, time) {
  const box = await page.locator(".svelte-flow").boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + 12 };
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down();
  const end = performance.now() + time;
  for (let step = 0; performance.now() < end; step++) {
    await page.mouse.move(middle.x + 160 * Math.sin(step / 20), middle.y + 80 * (1 - Math.cos(step / 30)));
    await pause(8);
  }
  await page.mouse.up();
}

function line(cells) {
  console.log(`| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(44) : cell.padStart(17))).join(" | ")} |`);
}
