// Where built things lie.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The program, or the one that `WISTERIA_TEST_SERVER` names. */
export const wisteria = process.env.WISTERIA_TEST_SERVER ?? at("target/debug/wisteria");

/** A program that stands on crates published by others. */
export const oracle = (name) => at(`target/oracles/debug/examples/${name}`);

/** The module of a sample actor. */
export function modulePath(name) {
  const folder = name === "echo_messaging" ? "target/actors" : "target/actors/wasm32-unknown-unknown/release";
  return at(`${folder}/${name}.wasm`);
}

/** A program that prints what tabs are to do as servers did. */
export const example = (name) => at(`target/debug/examples/${name}`);

/** The bytes of a sample actor. */
export const moduleBytes = (name) => readFileSync(modulePath(name));

/** The two builds of the tab host. */
export const hostWasm = ["host", "host-wasmi"].map((folder) => at(`www/dist/${folder}/host_bg.wasm`));

/** A file of the engines' suite, by its path below the root of its page. */
export const suiteFile = (path) => at(`target/web/suite${path}`);

/** The engines' suite for tabs. */
export const suiteFolder = at("target/web/tests");

/** The npm package as it was built. */
export const packageFolder = at("www/dist");

/** A page that has the package as it is, and nothing else. */
export const plainPage = at("tests/packaging/projects/plain");

/** A file of the page's folder. */
export const sitePart = (path) => at(`playground/${path}`);

/** Where pictures of the page go. */
export const picturesFolder = at("target/pictures");
