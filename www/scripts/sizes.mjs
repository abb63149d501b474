// What the package weighs on its way to a browser: `node scripts/sizes.mjs TARBALL` prints it, as JSON with `--json`.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What page, worker and glue of the first start may weigh, in bytes of gzip. */
const JS_AIM = 20_000;
/** What the host may weigh, in bytes of brotli. */
const WASM_AIM = 250_000;

const dist = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const tarball = process.argv[2];

/**
 * Files of these beginnings are beside what everyone needs: the fallback of browsers that cannot suspend, and the broker that one
 * tab loads where there is no server.
 */
const BESIDE = ["dist/host-wasmi", "dist/inlined-wasmi", "dist/inline-wasmi", "dist/broker/"];

/** Bytes of gzip of a script with what it imports at once, and of the scripts it imports later that are needed to start. */
async function firstLoad(entry, later = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: [dist(entry)],
    outdir: "out",
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const outputs = Object.entries(metafile.outputs);
  const needed = new Set();
  const need = (path) => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const { path: imported, kind } of metafile.outputs[path].imports) if (kind === "import-statement") need(imported);
  };
  for (const script of [entry, ...later]) {
    const [path] = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith(`dist/${script}`));
    need(path);
  }
  const contents = [...needed].map((path) => outputFiles.find((file) => file.path.endsWith(path)).contents);
  return contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
}

/** Bytes of the tarball without those. */
function withoutBeside() {
  const folder = mkdtempSync(join(tmpdir(), "wisteria-sizes-"));
  try {
    execFileSync("tar", ["xzf", tarball, "-C", folder]);
    for (const path of BESIDE) execFileSync("sh", ["-c", `rm -rf "$1"*`, "sh", join(folder, "package", path)]);
    execFileSync("tar", ["czf", "less.tgz", "package"], { cwd: folder });
    return statSync(join(folder, "less.tgz")).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const brotli = (path) => brotliCompressSync(readFileSync(dist(path))).length;
const page = await firstLoad("browser.js");
const worker = await firstLoad("worker.js", ["in-worker.js", "host/host.js"]);
const sizes = {
  wasm: brotli("host/host_bg.wasm"),
  fallback: brotli("host-wasmi/host_bg.wasm"),
  broker: brotli("broker/broker_bg.wasm"),
  page,
  worker,
  scripts: page + worker,
  tarball: statSync(tarball).size,
  lean: withoutBeside(),
};

if (process.argv.includes("--json")) console.log(JSON.stringify({ ...sizes, wasmAim: WASM_AIM }));
else {
  const line = (name, bytes, more = "") => console.log(`    ${name.padEnd(46)} ${(bytes / 1000).toFixed(1).padStart(7)} KB${more}`);
  const aim = (bytes, most) => (bytes > most ? `, above the aim of ${most / 1000} KB` : ` of ${most / 1000} KB`);
  line("host.wasm, brotli", sizes.wasm, aim(sizes.wasm, WASM_AIM));
  line("host-wasmi.wasm, brotli", sizes.fallback);
  line("broker.wasm, brotli, in one tab without a server", sizes.broker);
  line("scripts of the page for the first start, gzip", sizes.page);
  line("scripts of the worker, glue included, gzip", sizes.worker);
  line("both", sizes.scripts, aim(sizes.scripts, JS_AIM));
  line("tarball", sizes.tarball);
  line("tarball without the fallback and the broker", sizes.lean);
}
