//! Benchmarks that are run by hand, as a machine shared with other work measures that work too.

use crate::command::{cargo, command, run};
use crate::repository::at;
use crate::{build, nats_server};
use anyhow::Result;
use clap::ValueEnum;

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// The embedded broker, in turns with a NATS server
    Lattice,
}

/// Builds what is measured as it is released, measures it `rounds` times and prints a table.
pub(crate) fn measure(subject: Subject, rounds: u32) -> Result<()> {
    match subject {
        Subject::Lattice => lattice(rounds),
    }
}

fn lattice(rounds: u32) -> Result<()> {
    nats_server::ready()?;
    build::all_released()?;
    cargo(&[
        "build",
        "--quiet",
        "--release",
        "--manifest-path",
        "tests/bench/Cargo.toml",
        "--target-dir",
        "target/bench",
    ])?;
    let (bench, ours, theirs) =
        (at("target/bench/release/wisteria-bench"), at("target/release/wisteria"), nats_server::path());
    let arguments = [ours, theirs, rounds.to_string().into()];
    run(&mut command(&bench.to_string_lossy(), arguments))
}
