//! The npm package and the page that is built on it.

use crate::command::{command, run};
use anyhow::Result;

/// Builds the npm package, then the page.
pub(crate) fn build() -> Result<()> {
    for package in ["www", "playground"] {
        run(&mut command("npm", ["run", "--silent", "build", "-w", package]))?;
    }
    Ok(())
}
