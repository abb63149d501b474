//! The server binary.

use crate::command::{cargo, line};
use crate::repository::at;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The crates of tabs, which build for wasm32 only: what belongs to JavaScript stays on its thread. That of manifests, which
/// has nothing of JavaScript, is none of them.
pub(crate) const TAB: &str = "wisteria-browser*";

/// Builds the server; the page must be built before, as the server carries it.
pub(crate) fn build() -> Result<()> {
    cargo(&["build", "--quiet", "-p", "wisteria-server"])
}

/// The same as it is released, into `target/release`.
pub(crate) fn build_released() -> Result<()> {
    cargo(&["build", "--quiet", "--release", "-p", "wisteria-server"])
}

/// Builds the server together with all tests. Their features are those of all our crates at once, so what they stand on
/// is compiled once for the server and them, not once for each.
pub(crate) fn build_with_tests() -> Result<()> {
    cargo(&["test", "--quiet", "--no-run", "--workspace", "--exclude", TAB])
}

/// Becomes `wisteria up --allow-unsigned` with more arguments. Returns only with an error.
pub(crate) fn become_up(arguments: &[String]) -> Result<()> {
    let mut command = Command::new(at("target/debug/wisteria"));
    command.args(["up", "--allow-unsigned"]).args(arguments);
    let error = command.exec();
    Err(error).with_context(|| format!("starting `{}`", line(&command)))
}
