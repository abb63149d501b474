//! `cargo xtask release --dry-run`: the npm package as it would be published, checked and weighed.

use crate::command::{command, output, run};
use crate::repository::at;
use crate::{alone, host_wasm, largest, setup};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the tarball goes.
const FOLDER: &str = "target/release-npm";
/// Where the programs are that check it.
const PROGRAMS: &str = "tests/packaging";
/// Above so many bytes of brotli, the host's largest functions are told.
const WASM_AIM: u64 = 250_000;
/// How many functions are told.
const LARGEST: usize = 25;

/// Packs the npm package, checks what came out and prints what it weighs. Publishes nothing: `.github/workflows/release.yml` does.
pub(crate) fn dry_run() -> Result<()> {
    {
        let _alone = alone::alone()?;
        setup::ready()?;
        host_wasm::build()?;
    }
    setup::npm_packages_of(PROGRAMS)?;
    let tarball = pack()?;
    println!("==> publint");
    check(&["node_modules/.bin/publint", "run", &tarball.to_string_lossy(), "--strict"])?;
    println!("==> are the types wrong");
    // Node's `require` of packages that are modules alone, and resolution as before Node 16, are not supported.
    check(&[
        "node_modules/.bin/attw",
        &tarball.to_string_lossy(),
        "--profile",
        "esm-only",
        "--format",
        "table-flipped",
    ])?;
    println!("==> sizes");
    run(&mut sizes(&tarball))?;
    let brotli = wasm_brotli(&tarball)?;
    if brotli > WASM_AIM {
        tell_largest()?;
    }
    println!("{} is ready to be published; this was a dry run", tarball.display());
    Ok(())
}

fn pack() -> Result<PathBuf> {
    let folder = at(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    println!("==> npm pack");
    run(command("npm", ["pack", "--silent", "-w", "www", "--pack-destination"]).arg(&folder))?;
    let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let packed: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    match <[PathBuf; 1]>::try_from(packed) {
        Ok([tarball]) => Ok(tarball),
        Err(files) => bail!("npm pack made {} files in {FOLDER}, not one", files.len()),
    }
}

fn check(line: &[&str]) -> Result<()> {
    run(command("node", line).current_dir(at(PROGRAMS)))
}

fn sizes(tarball: &Path) -> std::process::Command {
    let mut node = command("node", ["www/scripts/sizes.mjs"]);
    node.arg(tarball);
    node
}

fn wasm_brotli(tarball: &Path) -> Result<u64> {
    let json = output(sizes(tarball).arg("--json"))?;
    let (_, rest) = json.split_once(r#""wasm":"#).context("the sizes name no wasm")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().context("the size of the wasm is no number")
}

/// Of the compiler's own output: later steps drop the names.
fn tell_largest() -> Result<()> {
    let (functions, total) = largest::of_file(&host_wasm::compiled(), LARGEST)?;
    println!("==> largest functions of host.wasm, before wasm-opt, of {} KB of code", total / 1000);
    for function in functions {
        println!("    {:>8} {}", function.bytes, function.name);
    }
    Ok(())
}
