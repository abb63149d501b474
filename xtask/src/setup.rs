//! What building needs besides Rust: the wasm target, Node and the npm packages. Adds what it can.

use crate::command::{command, exists, output, run};
use crate::fresh::is_fresh;
use crate::repository::at;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// The oldest Node that runs the page's build and the tests.
const NODE: (u32, u32) = (20, 19);
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that everything which building needs is there.
pub(crate) fn ready() -> Result<()> {
    wasm_target()?;
    node()?;
    npm_packages()
}

/// Adds the rustup components that are missing.
pub(crate) fn components(names: &[&str]) -> Result<()> {
    let installed = output(&mut command("rustup", ["component", "list", "--installed"]))?;
    for name in names {
        if !installed.lines().any(|line| line.starts_with(name)) {
            run(&mut command("rustup", ["component", "add", name]))?;
        }
    }
    Ok(())
}

fn wasm_target() -> Result<()> {
    let sysroot = output(&mut command("rustc", ["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET);
    if library.is_dir() {
        return Ok(());
    }
    if !exists("rustup") {
        bail!("Rust has no target {WASM_TARGET} and there is no rustup to add it: install Rust from https://rustup.rs");
    }
    run(&mut command("rustup", ["target", "add", WASM_TARGET]))
}

fn node() -> Result<()> {
    let (major, minor) = NODE;
    let remedy = || format!("install Node {major}.{minor} or newer from https://nodejs.org");
    let text = output(&mut command("node", ["--version"])).with_context(remedy)?;
    match version(&text) {
        Some(version) if version >= NODE => Ok(()),
        _ => bail!("node is {}, which is too old: {}", text.trim(), remedy()),
    }
}

/// The first two numbers of `v20.19.2`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn npm_packages() -> Result<()> {
    npm_packages_of(".")
}

/// Installs what the lock of a folder names, unless that is there.
pub(crate) fn npm_packages_of(folder: &str) -> Result<()> {
    let folder = at(folder);
    // npm writes this file at the end of each install.
    let installed = folder.join("node_modules/.package-lock.json");
    if is_fresh(std::slice::from_ref(&installed), &[folder.join("package-lock.json")]) {
        return Ok(());
    }
    run(command("npm", ["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    // An unchanged tree keeps the old time, which would make every later build install again.
    let file = fs::File::options().append(true).open(&installed);
    file.and_then(|file| file.set_modified(SystemTime::now())).context("marking node_modules as installed")
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_read_from_nodes_answer() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("20.20.2"), None);
        assert!(version("v22.1.0") > Some((20, 19)));
    }
}
