//! The sample actors: those in `playground/actors`, and a signed one from a published crate.

use crate::command::{command, run};
use crate::repository::at;
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use std::fs;

/// A published crate with a signed actor among its fixtures.
const SIGNED_ACTOR_CRATE: (&str, &str) = ("wascap", "0.13.0");
const SIGNED_ACTOR: &str = "fixtures/echo_messaging_v0.9.0.wasm";

/// Builds the sample actors and copies the signed one beside them, all below `target/actors`.
pub(crate) fn build() -> Result<()> {
    run(command("cargo", ["build", "--release"]).current_dir(at("playground/actors")))?;
    copy_signed_actor()
}

fn copy_signed_actor() -> Result<()> {
    let destination = at("target/actors/echo_messaging.wasm");
    if destination.is_file() {
        return Ok(());
    }
    // The oracles depend on the crate, so cargo has its sources.
    let metadata = MetadataCommand::new()
        .manifest_path(at("tests/oracles/Cargo.toml"))
        .exec()
        .context("looking for the crate with the signed actor")?;
    let (name, version) = SIGNED_ACTOR_CRATE;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == name && package.version.to_string() == version)
        .with_context(|| format!("tests/oracles does not depend on {name} {version}, which brings the signed actor"))?;
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    let source = folder.join(SIGNED_ACTOR);
    fs::copy(&source, &destination).with_context(|| format!("copying {source} to {}", destination.display()))?;
    Ok(())
}
