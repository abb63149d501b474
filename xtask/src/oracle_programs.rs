//! The programs on crates published by others, with which tests drive a lattice.

use crate::command::{command, run};
use crate::repository::at;
use anyhow::Result;

/// Builds them below `target/oracles`.
pub(crate) fn build() -> Result<()> {
    run(command("cargo", ["build", "--quiet", "--examples"]).current_dir(at("tests/oracles")))
}
