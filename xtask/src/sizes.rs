//! What a file weighs, and what it weighs on its way to a browser.

use crate::command::{command, output};
use anyhow::Result;
use std::path::PathBuf;

/// Node carries brotli, so Rust need not.
const SCRIPT: &str = "
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
for (const path of process.argv.slice(1)) {
  const bytes = readFileSync(path);
  const kilobytes = (length) => `${(length / 1000).toFixed(1)} KB`;
  const name = `${basename(dirname(path))}/${basename(path)}`;
  console.log(`    ${name}: ${kilobytes(bytes.length)} raw, ${kilobytes(brotliCompressSync(bytes).length)} brotli`);
}";

/// Prints the size of each file, raw and compressed by brotli.
pub(crate) fn print(files: &[PathBuf]) -> Result<()> {
    let mut node = command("node", ["--input-type=module", "-e", SCRIPT, "--"]);
    print!("{}", output(node.args(files))?);
    Ok(())
}
