//! `wisteria start`: actors from a file, providers by name.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};
use serde_json::json;
use wisteria_core::{call::DEFAULT_LINK_NAME, lattice::Client};

use super::{input, output::Output, resolve::HostChoice, run::CommandError};

/// What to start.
#[derive(Debug, Subcommand)]
pub(super) enum StartCommand {
    /// Start an actor from its module and print its key
    Actor(StartActor),
    /// Start a provider that the host knows by name and print its key
    Provider(StartProvider),
}

/// Starts an actor.
#[derive(Debug, Args)]
pub(super) struct StartActor {
    /// The module, a .wasm file
    file: PathBuf,
    #[command(flatten)]
    host: HostChoice,
    /// How many calls it may handle at once on this host
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..))]
    max_instances: Option<u16>,
}

/// Starts a provider.
#[derive(Debug, Args)]
pub(super) struct StartProvider {
    /// Its name, keyvalue-memory
    name: String,
    #[command(flatten)]
    host: HostChoice,
    /// The link name it serves
    #[arg(long, value_name = "NAME", default_value = DEFAULT_LINK_NAME)]
    link_name: String,
}

impl StartCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Actor(args) => args.run(client, output).await,
            Self::Provider(args) => args.run(client, output).await,
        }
    }
}

impl StartActor {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let module = input::file(&self.file)?;
        let host = self.host.resolve(client).await?;
        let started = client.start_actor(host, module.into(), self.max_instances).await?;
        Ok(output.print(&started, |started| started.actor_id.clone())?)
    }
}

impl StartProvider {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let host = self.host.resolve(client).await?;
        let provider = client.start_provider(host, &self.name, &self.link_name).await?;
        let started = json!({ "provider_id": provider, "host_id": host });
        Ok(output.print(&started, |_| provider.clone())?)
    }
}
