//! The chores of the project: `cargo xtask build`, `up`, `site`, `test`, `tidy`, `bench`, `release` and `fuzz`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a chore tells what it does on the terminal")]

mod actors;
mod alone;
mod bench;
mod build;
mod command;
mod count;
mod fresh;
mod fuzz;
mod host_wasm;
mod largest;
mod moto;
mod nats_server;
mod oracle_programs;
mod packages;
mod page;
mod python_client;
mod release;
mod repository;
mod server;
mod setup;
mod site;
mod sizes;
mod suite_wasm;
mod tab_module;
mod test;
mod tidy;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The chores of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

/// One chore.
#[derive(Debug, Subcommand)]
enum Chore {
    /// Add what is missing and build everything: sample actors, tab host, page, server
    Build,
    /// Build, then become `wisteria up --allow-unsigned` with these arguments
    Up {
        /// Arguments of `wisteria up`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the page as a folder of files, target/site, which needs no server of ours
    Site,
    /// Check what compilers cannot: where cfg, forbidden paths and sleeps may stand, and file sizes
    Tidy,
    /// Build and run all tests, or only the named parts
    Test {
        /// Parts to run, all when none is named
        parts: Vec<test::Part>,
    },
    /// Measure something and print a table
    Bench {
        /// What to measure
        subject: bench::Subject,
        /// How often; the table shows medians
        #[arg(default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// Pack the npm package, check it and print what it weighs
    Release {
        /// Publish nothing. Publishing is the workflow's: there is no other way to release
        #[arg(long, required = true)]
        dry_run: bool,
    },
    /// Let libFuzzer make up what clients say, against the parser and the broker
    Fuzz {
        /// How long, in total
        #[arg(long, default_value_t = 120)]
        seconds: u32,
        /// Run one input again instead, by the path that was printed when it was found
        #[arg(long, value_name = "FILE", conflicts_with = "seconds")]
        replay: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Build => build::all().map(|()| true),
        Chore::Up { arguments } => build::all().and_then(|()| server::become_up(&arguments)).map(|()| true),
        Chore::Site => site::build().map(|()| true),
        Chore::Tidy => tidy::report(),
        Chore::Test { parts } => test::run(&parts),
        Chore::Bench { subject, rounds } => bench::measure(subject, rounds).map(|()| true),
        Chore::Release { .. } => release::dry_run().map(|()| true),
        Chore::Fuzz { replay: Some(input), .. } => fuzz::replay(&input).map(|()| true),
        Chore::Fuzz { seconds, .. } => fuzz::all(seconds).map(|()| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
