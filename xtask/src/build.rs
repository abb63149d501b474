//! Building everything, in the order in which one thing needs another.

use crate::{actors, alone, host_wasm, page, server, setup};
use anyhow::Result;

type Step = fn() -> Result<()>;

/// Adds what is missing, then builds sample actors, tab host, page and server.
pub(crate) fn all() -> Result<()> {
    with(server::build)
}

/// The same, and all tests in Rust.
pub(crate) fn all_with_tests() -> Result<()> {
    with(server::build_with_tests)
}

/// The same as [`all`], with the server as it is released.
pub(crate) fn all_released() -> Result<()> {
    with(server::build_released)
}

fn with(server: Step) -> Result<()> {
    let steps: [(&str, Step); 5] = [
        ("setup", setup::ready),
        ("sample actors", actors::build),
        ("tab host", host_wasm::build),
        ("page", page::build),
        ("server", server),
    ];
    let _alone = alone::alone()?;
    for (name, step) in steps {
        println!("==> {name}");
        step()?;
    }
    Ok(())
}
