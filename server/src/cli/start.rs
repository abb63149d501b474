//! `wisteria start`: actors from a file, providers by name.

use std::path::Path;

use clap::{Args, Subcommand, value_parser};
use serde_json::json;
use wisteria_core::{
    call::DEFAULT_LINK_NAME,
    identity::PublicKey,
    lattice::{Client, StartedActor},
};

use super::{input, limits::LimitArgs, output::Output, resolve::HostChoice, run::CommandError};

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
    /// The module: a .wasm file, the key of an actor that runs on another host, or a reference that the host knows,
    /// such as file:///actor.wasm
    module: String,
    #[command(flatten)]
    host: HostChoice,
    /// Start it on every host that fits, not on one
    #[arg(long, conflicts_with = "host")]
    all: bool,
    /// How many calls it may handle at once on a host
    #[arg(long, visible_alias = "instances", value_name = "N", value_parser = value_parser!(u32).range(1..))]
    max_instances: Option<u32>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Starts a provider.
#[derive(Debug, Args)]
pub(super) struct StartProvider {
    /// Its name, such as keyvalue-memory
    name: String,
    /// The key of one that runs on another host, to share its links and calls
    #[arg(long, value_name = "V…")]
    key: Option<PublicKey>,
    #[command(flatten)]
    host: HostChoice,
    /// The link name it serves
    #[arg(long, value_name = "NAME", default_value = DEFAULT_LINK_NAME)]
    link_name: String,
}

enum Module {
    Bytes(bytes::Bytes),
    Reference(String),
}

/// Whether a module is named that the host is to fetch, rather than a file of this machine.
fn is_reference(text: &str) -> bool {
    text.contains("://") || text.parse::<PublicKey>().is_ok()
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
        let module = match is_reference(&self.module) {
            true => Module::Reference(self.module),
            false => Module::Bytes(input::file(Path::new(&self.module))?.into()),
        };
        let hosts = match self.all {
            true => self.host.resolve_all(client).await?,
            false => vec![self.host.resolve(client).await?],
        };
        let (max, limits) = (self.max_instances, self.limits.given());
        let mut all = Vec::new();
        for host in hosts {
            all.push(match &module {
                Module::Bytes(module) => client.start_actor(host, module.clone(), max, limits).await?,
                Module::Reference(reference) => client.start_reference(host, reference, max, limits).await?,
            });
        }
        match &all[..] {
            [one] if !self.all => Ok(output.print(one, |started| started.actor_id.clone())?),
            all => Ok(output.print(&all, |all| {
                let line = |started: &StartedActor| format!("{} on {}", started.actor_id, started.host_id);
                all.iter().map(line).collect::<Vec<_>>().join("\n")
            })?),
        }
    }
}

impl StartProvider {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let host = self.host.resolve(client).await?;
        let reference = self.key.map_or_else(|| self.name.clone(), |key| format!("{}@{key}", self.name));
        let provider = client.start_provider(host, &reference, &self.link_name).await?;
        let started = json!({ "provider_id": provider, "host_id": host });
        Ok(output.print(&started, |_| provider.clone())?)
    }
}
