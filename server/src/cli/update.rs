//! `wisteria update`: another module in the place of a running actor's.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use wisteria_core::lattice::Client;

use super::{
    input,
    output::Output,
    resolve::{self, HostChoice},
    run::CommandError,
};

/// What to update.
#[derive(Debug, Subcommand)]
pub(super) enum UpdateCommand {
    /// Run another module of the same key in an actor's place, on one host or on all that run it; no call fails
    Actor(UpdateActor),
}

/// Updates an actor.
#[derive(Debug, Args)]
pub(super) struct UpdateActor {
    /// The actor, by key, call alias or claimed name
    actor: String,
    /// The new module, a .wasm file
    file: PathBuf,
    #[command(flatten)]
    host: HostChoice,
}

impl UpdateCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let Self::Actor(args) = self;
        let module = bytes::Bytes::from(input::file(&args.file)?);
        let actor = resolve::actor(client, &args.actor).await?;
        let mut updated = Vec::new();
        for host in resolve::hosts_of_actor(client, actor, &args.host).await? {
            client.update_actor(host, actor, module.clone()).await?;
            updated.push(json!({ "actor_id": actor, "host_id": host }));
        }
        let line = |updated: &Value| format!("updated {actor} on {}", updated["host_id"].as_str().unwrap_or_default());
        Ok(output.print(&updated, |all| all.iter().map(line).collect::<Vec<_>>().join("\n"))?)
    }
}
