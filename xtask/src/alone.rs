//! One build at a time: two would write the same files.

use crate::repository::at;
use anyhow::{Context, Result};
use std::fs::{self, File};

/// Waits until no other build writes the same files; others wait until the result is dropped.
pub(crate) fn alone() -> Result<File> {
    fs::create_dir_all(at("target")).context("making the folder for what is built")?;
    let path = at("target/xtask.lock");
    let file = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
    if file.try_lock().is_err() {
        println!("waiting for another build to end");
        file.lock().with_context(|| format!("locking {}", path.display()))?;
    }
    Ok(file)
}
