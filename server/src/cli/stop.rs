//! `wisteria stop`: actors, providers, and hosts as a whole.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wisteria_core::lattice::Client;

use super::{
    output::Output,
    resolve::{self, HostChoice},
    run::CommandError,
};

/// What to stop.
#[derive(Debug, Subcommand)]
pub(super) enum StopCommand {
    /// Stop an actor on one host, or on all that run it
    Actor(StopRunning),
    /// Stop a provider on one host, or on all that run it
    Provider(StopRunning),
    /// Stop a host with all that runs on it
    Host(StopHost),
}

/// Stops an actor or a provider.
#[derive(Debug, Args)]
pub(super) struct StopRunning {
    /// Its key or its name
    name: String,
    #[command(flatten)]
    host: HostChoice,
}

/// Stops a host.
#[derive(Debug, Args)]
pub(super) struct StopHost {
    /// Its key, N…, or the beginning of it
    host: String,
}

impl StopCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        match self {
            Self::Actor(args) => args.stop_actor(client, output).await,
            Self::Provider(args) => args.stop_provider(client, output).await,
            Self::Host(args) => args.run(client, output).await,
        }
    }
}

impl StopRunning {
    async fn stop_actor(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let actor = resolve::actor(client, &self.name).await?;
        let mut stopped = Vec::new();
        for host in resolve::hosts_of_actor(client, actor, &self.host).await? {
            client.stop_actor(host, actor).await?;
            stopped.push(json!({ "actor_id": actor, "host_id": host }));
        }
        print_stopped(output, "actor_id", &stopped)
    }

    async fn stop_provider(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let provider = resolve::provider(client, &self.name).await?;
        let id = provider.to_string();
        let hosts = match self.host.is_given() {
            true => vec![self.host.resolve(client).await?],
            false => {
                resolve::hosts_that_run(client, "provider", provider, |inventory| {
                    inventory.providers.iter().any(|running| running.id == id)
                })
                .await?
            }
        };
        let mut stopped = Vec::new();
        for host in hosts {
            client.stop_provider(host, provider).await?;
            stopped.push(json!({ "provider_id": provider, "host_id": host }));
        }
        print_stopped(output, "provider_id", &stopped)
    }
}

impl StopHost {
    async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let host = resolve::host(client, &self.host).await?;
        client.stop_host(host).await?;
        Ok(output.print(&json!({ "host_id": host }), |_| format!("stopped {host}"))?)
    }
}

/// Prints what was stopped where: an array in JSON, a line each in text.
fn print_stopped(output: Output, name: &str, stopped: &[Value]) -> Result<(), CommandError> {
    let line = |stopped: &Value| {
        let text = |field: &str| stopped[field].as_str().unwrap_or_default().to_owned();
        format!("stopped {} on {}", text(name), text("host_id"))
    };
    Ok(output.print(&stopped, |all| all.iter().map(line).collect::<Vec<_>>().join("\n"))?)
}
