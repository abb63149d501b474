//! What the command line looks like.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    app::AppCommand,
    call::CallArgs,
    claims::ClaimsCommand,
    connect::LatticeUrl,
    contracts::ContractsArgs,
    get::GetCommand,
    keys::KeysCommand,
    label::LabelCommand,
    link::LinkCommand,
    policy::PolicyCommand,
    provider::ProviderCommand,
    revoke::{RevokeArgs, UnrevokeArgs},
    start::StartCommand,
    stop::StopCommand,
    token::TokenCommand,
    up::UpArgs,
    update::UpdateCommand,
};

/// Runs WebAssembly actors on one lattice of servers and browser tabs.
#[derive(Debug, Parser)]
#[command(name = "wisteria", version, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) lattice: LatticeArgs,
}

/// Which lattice to speak to, and how to print what it says.
#[derive(Debug, Clone, Args)]
pub(super) struct LatticeArgs {
    /// A server of the lattice
    #[arg(long, global = true, env = "WISTERIA_URL", default_value = "http://127.0.0.1:7700")]
    pub(super) url: LatticeUrl,
    /// Authorities that TLS trusts beside the system's, in PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) tls_ca: Option<PathBuf>,
    /// The lattice's name
    #[arg(long, global = true, default_value = "default")]
    pub(super) lattice: String,
    /// The .creds file that lets this command in; by default operator.creds of a server of this machine, where there is one
    #[arg(long, global = true, value_name = "FILE", env = "WISTERIA_CREDS")]
    pub(super) creds: Option<PathBuf>,
    /// How to print
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) output: Format,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs: JSON.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a server with its lattice and page until told to stop
    Up(Box<UpArgs>),
    /// Start an actor or a provider on a host
    #[command(subcommand)]
    Start(StartCommand),
    /// Stop an actor, a provider or a host
    #[command(subcommand)]
    Stop(StopCommand),
    /// Replace the module of a running actor
    #[command(subcommand)]
    Update(UpdateCommand),
    /// Change the labels of a host
    #[command(subcommand)]
    Label(LabelCommand),
    /// Link an actor to a provider, or end the link
    #[command(subcommand)]
    Link(LinkCommand),
    /// Run an application by its manifest
    #[command(subcommand)]
    App(AppCommand),
    /// Mint what lets others in
    #[command(subcommand)]
    Token(TokenCommand),
    /// Have a module, an account, a user, a host or a token count no longer, on the whole lattice
    Revoke(RevokeArgs),
    /// Have something that was revoked count again
    Unrevoke(UnrevokeArgs),
    /// Call an actor and print its reply
    Call(CallArgs),
    /// Show hosts, what runs on one, links or claims
    #[command(subcommand)]
    Get(GetCommand),
    /// Make and list keys; needs no lattice
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Say who may do what by a policy; needs no lattice
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Say what providers a server has, and what their links take; needs no lattice
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Sign modules and look at what they claim; needs no lattice
    #[command(subcommand)]
    Claims(ClaimsCommand),
    /// Show contracts, their operations and, with -o json, their schemas; needs no lattice
    Contracts(ContractsArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn debug_shows_no_secret_of_a_command_line() {
        for (line, shown) in [
            ("wisteria up --nats nats://ada:lovelace@example.org", "nats"),
            ("wisteria up --nats nats://lovelace@a,tls://b:lovelace@c --nats-token lovelace", "nats_token: Some"),
            ("wisteria --url nats://ada:lovelace@example.org get hosts", "example.org"),
            ("wisteria --url ws://lovelace@example.org get hosts", "example.org"),
            ("wisteria link put a p wasmcloud:keyvalue url=redis://:lovelace@example.org", "url"),
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("a command");
            let text = format!("{cli:?}");
            assert!(text.contains(shown) && !text.contains("lovelace"), "{line}: {text}");
        }
    }

    #[test]
    fn the_address_of_a_websocket_bears_no_credentials() {
        for line in [
            "wisteria up --join ws://ada:lovelace@example.org/lattice",
            "wisteria up --nats nats://example.org --nats-websocket wss://lovelace@example.org",
        ] {
            let error = Cli::try_parse_from(line.split(' ')).expect_err("refused").to_string();
            assert!(error.contains("--creds"), "{error}");
        }
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in ["wisteria -o json get hosts", "wisteria get hosts -o json"] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("a command");
            assert_eq!(cli.lattice.output, Format::Json);
        }
    }
}
