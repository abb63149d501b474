//! The parts of the suite and the steps that each consists of.

use super::step::Step;
use crate::command::command;
use crate::repository::at;
use crate::server::TAB;
use crate::{moto, nats_server, oracle_programs, packages, python_client, setup, suite_wasm, tidy};
use clap::ValueEnum;
use std::path::PathBuf;

/// Where the tests of the packed npm package are.
const PACKAGING: &str = "tests/packaging";

/// A part of the suite, to be run by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What compilers cannot see
    Tidy,
    /// Format, clippy for both targets, types of the page
    Lint,
    /// Tests in Rust
    Rust,
    /// Formats compared with the published crates
    Oracles,
    /// Tests of the npm package
    Web,
    /// The npm package as it would be published, in projects of many kinds
    Packaging,
    /// Published NATS clients on our broker and on a NATS server
    Clients,
    /// Whole ways through Chromium, Firefox and WebKit
    Browser,
}

impl Part {
    /// What to run for this part, in order.
    pub(super) fn steps(self) -> Vec<Step> {
        match self {
            Self::Tidy => vec![Step::chore("tidy", tidy::report)],
            Self::Lint => lint(),
            Self::Rust => {
                let mut cargo = command("cargo", ["test", "--workspace", "--exclude", TAB, "--no-fail-fast"]);
                cargo.env(nats_server::VARIABLE, nats_server::path());
                vec![
                    Step::preparation("NATS server", nats_server::ready),
                    Step::preparation("S3", moto::ready),
                    Step::preparation("Redis", packages::ready_for_rust),
                    Step::suite("rust", cargo),
                ]
            }
            Self::Oracles => {
                let mut cargo = command("cargo", ["test", "--no-fail-fast"]);
                cargo.current_dir(at("tests/oracles"));
                vec![Step::suite("oracles", cargo)]
            }
            Self::Web => vec![Step::suite("web", npm("test", "www"))],
            Self::Packaging => packaging(),
            Self::Clients => {
                let mut clients = npm("test", "tests/clients");
                clients.env(nats_server::VARIABLE, nats_server::path());
                vec![
                    Step::preparation("NATS server", nats_server::ready),
                    Step::preparation("Python client", python_client::ready),
                    Step::suite("clients", clients),
                ]
            }
            Self::Browser => vec![
                Step::preparation("browsers", packages::ready),
                Step::preparation("engines' suite", suite_wasm::build),
                Step::preparation("published clients", oracle_programs::build),
                Step::preparation("NATS server", nats_server::ready),
                Step::suite("browser", npm("test", "tests/browser")),
                on_nats("browser nats", "nats", nats_server::path()),
                on_nats("browser old nats", "nats", packages::NATS_SERVER.into()),
                on_nats("browser nats-direct", "nats-direct", nats_server::path()),
            ],
        }
    }

    /// Whether the part looks at what `cargo xtask build` makes.
    pub(super) fn needs_build(self) -> bool {
        self != Self::Tidy
    }
}

/// It has a lock of its own: what it needs is large, and nothing else does.
fn packaging() -> Vec<Step> {
    let mut suite = command("npm", ["test", "--silent"]);
    suite.current_dir(at(PACKAGING));
    vec![
        Step::preparation("chromium", || packages::chromium_for("the tests of the npm package")),
        Step::preparation("bundlers", || setup::npm_packages_of(PACKAGING)),
        Step::suite("packaging", suite),
    ]
}

fn lint() -> Vec<Step> {
    let clippy = ["clippy", "--quiet", "--workspace", "--exclude", TAB, "--all-targets", "--", "-D", "warnings"];
    let wasm = "wasm32-unknown-unknown";
    let mut clippy_of_tab =
        command("cargo", ["clippy", "--quiet", "-p", TAB, "--target", wasm, "--all-features", "--", "-D", "warnings"]);
    // Its own configuration forbids what a tab cannot do.
    clippy_of_tab.env("CLIPPY_CONF_DIR", at("browser/clippy"));
    vec![
        Step::preparation("components", || setup::components(&["clippy", "rustfmt"])),
        Step::check("format", format_of(".")),
        Step::check("format of actors", format_of("playground/actors")),
        Step::check("format of oracles", format_of("tests/oracles")),
        Step::check("format of benchmarks", format_of("tests/bench")),
        Step::check("format of fuzz targets", format_of("tests/fuzz")),
        Step::check("clippy", command("cargo", clippy)),
        Step::check("clippy of the tab", clippy_of_tab),
        Step::check("types of www", npm("check", "www")),
        Step::check("types of playground", npm("check", "playground")),
    ]
}

/// A workspace's format, each by itself.
fn format_of(workspace: &str) -> std::process::Command {
    let mut cargo = command("cargo", ["fmt", "--all", "--check"]);
    cargo.current_dir(at(workspace));
    cargo
}

/// The browser tests that have a lattice, unchanged, with it on a NATS server.
fn on_nats(name: &'static str, lattice: &str, program: PathBuf) -> Step {
    let mut suite = npm("test:lattice", "tests/browser");
    suite.env("WISTERIA_TEST_LATTICE", lattice).env(nats_server::VARIABLE, program);
    Step::suite(name, suite)
}

fn npm(script: &str, package: &str) -> std::process::Command {
    command("npm", ["run", "--silent", script, "-w", package])
}
