//! The server binary.

use crate::command::{cargo, line};
use crate::repository::at;
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Builds the server; the page must be built before, as the server carries it.
pub(crate) fn build() -> Result<()> {
    cargo(&["build", "--quiet", "-p", "wisteria-server"])
}

/// Becomes `wisteria up --allow-unsigned` with more arguments. Returns only with an error.
pub(crate) fn become_up(arguments: &[String]) -> Result<()> {
    let mut command = Command::new(at("target/debug/wisteria"));
    command.args(["up", "--allow-unsigned"]).args(arguments);
    let error = command.exec();
    Err(error).with_context(|| format!("starting `{}`", line(&command)))
}
