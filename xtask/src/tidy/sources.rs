//! The files that are checked: the texts that git knows or would know.

use crate::command::{command, output};
use crate::repository::at;
use anyhow::{Context, Result};
use std::fs;

/// A file of the repository.
pub(super) struct Source {
    /// Path from the folder of the repository, with `/`.
    pub(super) path: String,
    /// What it holds.
    pub(super) text: String,
}

/// Reads every text in the repository.
pub(super) fn all() -> Result<Vec<Source>> {
    let listing = output(&mut command("git", ["ls-files", "--cached", "--others", "--exclude-standard"]))
        .context("listing the files of the repository")?;
    // A file that was deleted and is not yet committed is still listed.
    let paths = listing.lines().filter(|path| at(path).is_file());
    paths.filter_map(|path| read(path).transpose()).collect()
}

/// The file, or nothing where it is no text.
fn read(path: &str) -> Result<Option<Source>> {
    let bytes = fs::read(at(path)).with_context(|| format!("reading {path}"))?;
    let text = String::from_utf8(bytes).ok();
    Ok(text.map(|text| Source { path: path.to_owned(), text }))
}
