//! The NATS client for Python that tests run, in the environment that holds the NATS server.

use crate::command::{command, run};
use crate::repository::at;
use anyhow::Result;

/// Makes sure that it is there, in the version which its table of cases was written for; needs the environment.
pub(crate) fn ready() -> Result<()> {
    let pip = at("target/python/bin/pip");
    // A version that is there already is not asked for on the network.
    let arguments = ["install", "--quiet", "--requirement", "tests/clients/python/requirements.txt"];
    run(&mut command(&pip.to_string_lossy(), arguments))
}
