//! The files that are checked: those that git knows or would know.

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

const ENDINGS: [&str; 6] = ["rs", "ts", "svelte", "mjs", "js", "css"];

/// Reads every file of code in the repository.
pub(super) fn all() -> Result<Vec<Source>> {
    let listing = output(&mut command("git", ["ls-files", "--cached", "--others", "--exclude-standard"]))
        .context("listing the files of the repository")?;
    let paths = listing.lines().filter(|path| path.rsplit_once('.').is_some_and(|(_, end)| ENDINGS.contains(&end)));
    // A file that was deleted and is not yet committed is still listed.
    paths.filter(|path| at(path).is_file()).map(read).collect()
}

fn read(path: &str) -> Result<Source> {
    let text = fs::read_to_string(at(path)).with_context(|| format!("reading {path}"))?;
    Ok(Source { path: path.to_owned(), text })
}
