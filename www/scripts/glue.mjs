// Makes small what wasm-bindgen wrote for a module of the package: `node scripts/glue.mjs FOLDER NAME`. Names between the two, which
// carry hashes that do not compress, become short ones, and the module is loaded in the one way in which the package does.
// One hash stays, in the name under which the module imports: what belongs to another build must not be taken for its own.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, name] = process.argv.slice(2);
const [scriptFile, wasmFile] = [join(folder, `${name}.js`), join(folder, `${name}_bg.wasm`)];
const [IMPORTS, EXPORTS] = [2, 7];
/** What the JavaScript looks for by its own name. */
const KEPT = new Set(["memory"]);

/** `a` … `z`, `A` … `Z`, `aa` … */
function shortName(number) {
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const rest = Math.floor(number / letters.length);
  return (rest > 0 ? shortName(rest - 1) : "") + letters[number % letters.length];
}

/** Reads what sections of WebAssembly are made of. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  number() {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      number += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return number;
    }
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  text() {
    return new TextDecoder().decode(this.take(this.number()));
  }
  /** The bytes that `read` passes over, as they are. */
  passed(read) {
    const start = this.at;
    read();
    return this.bytes.subarray(start, this.at);
  }
}

function number(value) {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

function text(value) {
  const bytes = new TextEncoder().encode(value);
  return [...number(bytes.length), ...bytes];
}

/** Passes over the limits of a memory or a table. */
function limits(reader) {
  const flags = reader.number();
  for (let left = flags & 1 ? 2 : 1; left > 0; left--) reader.number();
}

/** Passes over what an import is, after its kind. */
const IMPORTED = {
  0: (reader) => reader.number(),
  1: (reader) => (reader.take(1), limits(reader)),
  2: limits,
  3: (reader) => reader.take(2),
};

/** The section of imports by other names; `rename` is given module and name, and returns both. */
function renamedImports(section, rename) {
  const reader = new Reader(section);
  const out = [reader.passed(() => reader.number())];
  while (reader.at < section.length) {
    const [module, name] = [reader.text(), reader.text()];
    const rest = reader.passed(() => {
      const kind = reader.number();
      if (!IMPORTED[kind]) throw new Error(`${wasmFile} imports ${name} as something of kind ${kind}, which is not known here`);
      IMPORTED[kind](reader);
    });
    out.push(...rename(module, name).map(text), rest);
  }
  return Buffer.concat(out.map((part) => Buffer.from(part)));
}

/** The section of exports by other names. */
function renamedExports(section, rename) {
  const reader = new Reader(section);
  const out = [reader.passed(() => reader.number())];
  while (reader.at < section.length) {
    const name = reader.text();
    out.push(text(rename(name)), reader.passed(() => (reader.take(1), reader.number())));
  }
  return Buffer.concat(out.map((part) => Buffer.from(part)));
}

/** The module with its sections as `change` makes them; the custom ones stay. */
function changed(wasm, change) {
  const reader = new Reader(wasm);
  const out = [Buffer.from(reader.take(8))];
  while (reader.at < wasm.length) {
    const id = reader.number();
    const section = change(id, reader.take(reader.number()));
    out.push(Buffer.from([id, ...number(section.length)]), Buffer.from(section));
  }
  return Buffer.concat(out);
}

/** Replaces what must be there. */
function replaced(script, from, to) {
  if (!(from instanceof RegExp ? from.test(script) : script.includes(from))) throw new Error(`${scriptFile} has no ${from}: wasm-bindgen writes it otherwise now`);
  return script.replace(from, to);
}

let script = readFileSync(scriptFile, "utf8");
/** What the module imports the script by, at first and then. */
const [before, own] = [`./${name}_bg.js`, createHash("sha256").update(script).digest("hex").slice(0, 8)];
const calledAs = new Map();
const exportedAs = new Map();

const wasm = changed(readFileSync(wasmFile), (id, section) => {
  if (id === IMPORTS) {
    return renamedImports(section, (module, name) => {
      if (module !== before) return [module, name];
      calledAs.set(name, shortName(calledAs.size));
      return [own, calledAs.get(name)];
    });
  }
  if (id === EXPORTS) {
    return renamedExports(section, (name) => {
      if (KEPT.has(name)) return name;
      exportedAs.set(name, shortName(exportedAs.size));
      return exportedAs.get(name);
    });
  }
  return section;
});

for (const [long, short] of calledAs) script = replaced(script, new RegExp(`(?<=^ {8})${long}(?=: function)`, "m"), short);
script = replaced(script, `"${before}"`, `"${own}"`);
script = script.replace(/\bwasm\.(\w+)/g, (all, long) => (exportedAs.has(long) ? `wasm.${exportedAs.get(long)}` : all));

/** How the package loads it: once, from a compiled module. */
const LOADING = `let wasm, loading;
function init({ module_or_path }) {
    loading ??= WebAssembly.instantiate(module_or_path, __wbg_get_imports()).then((instance) => {
        wasm = instance.exports;
        wasm.${exportedAs.get("__wbindgen_start")}();
    });
    loading.catch(() => (loading = undefined));
    return loading;
}

export { init as default };
`;
script = replaced(script, /let wasmModule, wasmInstance, wasm;[^]*$/, LOADING);
script = replaced(script, /if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?\n\}\n/, "");

writeFileSync(scriptFile, script);
writeFileSync(wasmFile, wasm);
