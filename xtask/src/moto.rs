//! The server that speaks the protocol of S3 in tests, in the environment that holds the NATS server.

use crate::command::{command, run};
use crate::repository::at;
use anyhow::Result;

const PACKAGE: &str = "moto[s3,server]==5.2.5";

/// Makes sure that it is there; needs the environment.
pub(crate) fn ready() -> Result<()> {
    // By the environment's Python, as its `pip` knows where the environment was when it was made. A version that is there
    // already is not asked for on the network.
    let python = at("target/python/bin/python");
    run(&mut command(&python.to_string_lossy(), ["-m", "pip", "install", "--quiet", PACKAGE]))
}
