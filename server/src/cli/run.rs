//! Reads the command line, does what it says, and turns the outcome into an exit code.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, error::ErrorKind, parser::ValueSource};
use thiserror::Error;
use wisteria_core::error::LatticeError;

use super::{
    args::{Cli, Command, LatticeArgs},
    connect::{self, ConnectError},
    input::InputError,
    json::JsonError,
    logging,
    output::{Output, OutputError},
    resolve::ResolveError,
    token::TokenError,
};
use crate::up::UpError;

/// Why a command did not do what it was asked. Each is one line that names cause and remedy.
#[derive(Debug, Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Lattice(#[from] LatticeError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Up(#[from] UpError),
}

/// Runs the program. The exit code is 0, 1 after a failure that one line on standard error names, or 2 for a
/// command line that means nothing.
pub async fn run() -> ExitCode {
    let cli = parse();
    logging::start(matches!(cli.command, Command::Up(_)));
    match execute(cli).await {
        Ok(()) | Err(CommandError::Output(OutputError::NobodyReads)) => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            #[expect(clippy::print_stderr, reason = "this is where the program speaks to its user")]
            {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The command line; ends the process where it is wrong or asks for help.
fn parse() -> Cli {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let names_url = matches.value_source("url") == Some(ValueSource::CommandLine);
    if matches!(cli.command, Command::Up(_)) && names_url {
        Cli::command()
            .error(
                ErrorKind::ArgumentConflict,
                "`up` runs a server of its own and takes no --url; say where it listens with --listen",
            )
            .exit();
    }
    cli
}

async fn execute(cli: Cli) -> Result<(), CommandError> {
    let LatticeArgs { url, lattice, creds, output } = cli.lattice;
    let output = Output::new(output);
    if let Command::Up(args) = cli.command {
        let credentials = creds.as_deref().map(connect::read_creds).transpose()?.unwrap_or_default();
        return Ok(args.run(lattice, credentials).await?);
    }
    let bus = connect::connect(&url, creds.as_deref()).await?;
    if let Command::Token(command) = cli.command {
        return Ok(command.run(bus, &lattice, output).await?);
    }
    let client = connect::client(bus, &lattice)?;
    match cli.command {
        Command::Up(_) | Command::Token(_) => unreachable!("handled above"),
        Command::Start(command) => command.run(&client, output).await,
        Command::Stop(command) => command.run(&client, output).await,
        Command::Update(command) => command.run(&client, output).await,
        Command::Label(command) => command.run(&client, output).await,
        Command::Link(command) => command.run(&client, output).await,
        Command::Call(args) => args.run(&client, output).await,
        Command::Get(command) => command.run(&client, output).await,
    }
}
