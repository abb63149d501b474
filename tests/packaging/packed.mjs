// The package as npm would publish it, and projects that have installed it.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The repository's folder. */
export const repository = at("../..");

/** Where projects are built. What they need beside the package is found in the folder above. */
const work = at("work");
const installed = at("node_modules/wisteria");

/** Packs the package and installs what came out, in place of what was there. */
export function install() {
  rmSync(work, { recursive: true, force: true });
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(work);
  const printed = execFileSync("npm", ["pack", "--json", "--silent", "-w", "www", "--pack-destination", work], { cwd: repository, encoding: "utf8" });
  const [{ filename }] = Object.values(JSON.parse(printed));
  mkdirSync(installed);
  execFileSync("tar", ["xzf", join(work, filename), "-C", installed, "--strip-components=1"]);
}

/** The package's tarball. */
export function tarball() {
  const [name] = readdirSync(work).filter((name) => name.endsWith(".tgz"));
  return join(work, name);
}

/** A file of the package as it is installed, below its folder. */
export const packaged = (path) => join(installed, path);

/** A program that the tests brought by npm. */
export const program = (path) => at(`node_modules/${path}`);

/** Copies a project to where it is built, and returns its folder there: one of ours, or an example of the repository. */
export function project(name, { example = false } = {}) {
  const folder = join(work, example ? `example-${name}` : name);
  cpSync(example ? join(repository, "examples", name) : at(`projects/${name}`), folder, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  return folder;
}

/** All files below a folder whose name has an ending, with their texts. */
export function filesIn(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name, path: join(folder, name), text: () => readFileSync(join(folder, name), "utf8") }));
}

/** Node of this machine, whatever npm puts before it on the path. */
export function nodeOfMachine() {
  const folders = process.env.PATH.split(":").filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => join(folder, "node")).find((path) => existsSync(path));
  if (!found) throw new Error("there is no node on the path; install Node 20 or newer from https://nodejs.org");
  return found;
}
