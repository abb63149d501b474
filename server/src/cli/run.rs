//! Reads the command line, does what it says, and turns the outcome into an exit code.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{CommandFactory, FromArgMatches, error::ErrorKind, parser::ValueSource};
use thiserror::Error;
use wisteria_bridge::{Credentials, auth::Role};
use wisteria_core::{
    bus::Bus,
    error::LatticeError,
    identity::{ClaimsError, WantedClaimsError},
};

use super::{
    app::AppError,
    args::{Cli, Command, LatticeArgs},
    connect::{self, ConnectError},
    input::InputError,
    json::JsonError,
    logging,
    output::{Output, OutputError},
    policy::PolicyTestError,
    provider::UnknownProvider,
    resolve::ResolveError,
    token::TokenError,
};
use crate::{keys::KeyStoreError, up::UpError};

/// Why a command did not do what it was asked. Each is one line that names cause and remedy.
#[derive(Debug, Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    App(#[from] AppError),
    #[error("{}: {cause}", path.display())]
    Claims { path: PathBuf, cause: ClaimsError },
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("there is no contract {name}; there are {known}")]
    Contract { name: String, known: String },
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Lattice(#[from] LatticeError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Policy(#[from] PolicyTestError),
    #[error(transparent)]
    Provider(#[from] UnknownProvider),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error(transparent)]
    Wanted(#[from] WantedClaimsError),
    #[error("{} is not signed; sign it with: wisteria claims sign {}", .0.display(), .0.display())]
    Unsigned(PathBuf),
    #[error("{} cannot be written: {cause}; name another place with -O", path.display())]
    Written { path: PathBuf, cause: io::Error },
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
    if let Command::Up(args) = &cli.command
        && let Some(text) = args.conflict()
    {
        Cli::command().error(ErrorKind::ArgumentConflict, text).exit();
    }
    cli
}

async fn execute(cli: Cli) -> Result<(), CommandError> {
    let LatticeArgs { url, tls_ca, lattice, creds, output } = cli.lattice;
    let output = Output::new(output);
    match cli.command {
        Command::Up(args) => {
            let credentials = match (creds, args.joined()) {
                (Some(path), _) => connect::read_creds(&path)?,
                (None, Some(url)) => connect::left_here(url, Role::Host)?,
                (None, None) => Credentials::None,
            };
            Ok(args.run(lattice, tls_ca, credentials).await?)
        }
        Command::Keys(command) => command.run(output),
        Command::Claims(command) => command.run(output),
        Command::Contracts(args) => args.run(output),
        Command::Policy(command) => command.run(output),
        Command::Provider(command) => command.run(output),
        command => {
            let bus = connect::connect(&url, tls_ca.as_deref(), creds.as_deref()).await?;
            on_lattice(command, bus, &lattice, tls_ca.as_deref(), output).await
        }
    }
}

async fn on_lattice(
    command: Command,
    bus: Arc<dyn Bus>,
    lattice: &str,
    tls_ca: Option<&Path>,
    output: Output,
) -> Result<(), CommandError> {
    let client = connect::client(bus.clone(), lattice)?;
    match command {
        Command::Up(_)
        | Command::Keys(_)
        | Command::Claims(_)
        | Command::Contracts(_)
        | Command::Policy(_)
        | Command::Provider(_) => {
            unreachable!("these need no lattice")
        }
        Command::Token(command) => Ok(command.run(bus, lattice, output).await?),
        Command::Start(command) => command.run(&client, output).await,
        Command::Stop(command) => command.run(&client, output).await,
        Command::Update(command) => command.run(&client, output).await,
        Command::Label(command) => command.run(&client, output).await,
        Command::Link(command) => command.run(&client, output).await,
        Command::App(command) => command.run(&client, tls_ca, output).await,
        Command::Revoke(args) => args.run(&client, output).await,
        Command::Unrevoke(args) => args.run(&client, output).await,
        Command::Call(args) => args.run(&client, output).await,
        Command::Get(command) => command.run(&client, output).await,
    }
}
