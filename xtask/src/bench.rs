//! Benchmarks that are run by hand, as a machine shared with other work measures that work too.

use crate::command::{cargo, command, run};
use crate::repository::at;
use crate::server::TAB;
use crate::{build, nats_server, packages};
use anyhow::Result;
use clap::ValueEnum;
use std::ffi::OsString;

/// What can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// The embedded broker, in turns with a NATS server
    Lattice,
    /// What metering costs guests, on the engines of a server and in Chromium
    Metering,
    /// Providers through an actor, in turns with the bare libraries that they stand on
    Providers,
    /// Calls within a tab and to it in Chromium, beside bare messages and a bare WebSocket
    Tab,
}

/// Builds what is measured as it is released, measures it `rounds` times and prints a table.
pub(crate) fn measure(subject: Subject, rounds: u32) -> Result<()> {
    match subject {
        Subject::Lattice => lattice(rounds),
        Subject::Metering => metering(rounds),
        Subject::Providers => providers(rounds),
        Subject::Tab => tab(rounds),
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

/// The code that engines make of a module is the same however the engines themselves were compiled, so those of the tests
/// serve; the interpreter alone is slower than a released one, original or metered.
fn metering(rounds: u32) -> Result<()> {
    packages::chromium_for("measurements in tabs")?;
    const WASM: &str = "wasm32-unknown-unknown";
    let manifest = ["--manifest-path", "tests/bench/Cargo.toml", "--target-dir", "target/bench"];
    cargo(&[&["build", "--quiet", "--release", "-p", "wisteria-kernels", "--target", WASM], &manifest[..]].concat())?;
    cargo(&["build", "--quiet", "--workspace", "--exclude", TAB, "--example", "metering"])?;
    let folder = at("target/bench").join(WASM).join("release");
    let [kernels, metered] = ["wisteria_kernels.wasm", "metered.wasm"].map(|name| folder.join(name).into_os_string());
    let arguments = [kernels, metered, rounds.to_string().into()];
    println!("| kernel | engine | metered to original, median | least–most |\n|---|---|---|---|");
    run(&mut command(&at("target/debug/examples/metering").to_string_lossy(), &arguments))?;
    run(command("node", [OsString::from("tests/browser/metering.mjs")]).args(arguments))
}

fn providers(rounds: u32) -> Result<()> {
    packages::ready_for_rust()?;
    cargo(&["build", "--quiet", "--release", "-p", "wisteria-tests", "--example", "providers"])?;
    run(&mut command(&at("target/release/examples/providers").to_string_lossy(), [rounds.to_string()]))
}

fn tab(rounds: u32) -> Result<()> {
    packages::chromium_for("measurements in tabs")?;
    build::all_released()?;
    let mut bench = command("node", [OsString::from("tests/browser/bench-tab.mjs"), rounds.to_string().into()]);
    run(bench.env("WISTERIA_TEST_SERVER", at("target/release/wisteria")))
}
