//! Building everything, in the order in which one thing needs another.

use crate::repository::at;
use crate::{actors, host_wasm, page, server, setup};
use anyhow::{Context, Result};
use std::fs::{self, File};

type Step = fn() -> Result<()>;

/// Adds what is missing, then builds sample actors, tab host, page and server.
pub(crate) fn all() -> Result<()> {
    let steps: [(&str, Step); 5] = [
        ("setup", setup::ready),
        ("sample actors", actors::build),
        ("tab host", host_wasm::build),
        ("page", page::build),
        ("server", server::build),
    ];
    let _alone = alone()?;
    for (name, step) in steps {
        println!("==> {name}");
        step()?;
    }
    Ok(())
}

/// Waits until no other build writes the same files; others wait until the result is dropped.
fn alone() -> Result<File> {
    fs::create_dir_all(at("target")).context("making the folder for what is built")?;
    let path = at("target/xtask.lock");
    let file = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
    if file.try_lock().is_err() {
        println!("waiting for another build to end");
        file.lock().with_context(|| format!("locking {}", path.display()))?;
    }
    Ok(file)
}
