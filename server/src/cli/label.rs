//! `wisteria label`: the labels by which a host is chosen.

use clap::{Args, Subcommand};
use serde_json::json;
use wisteria_core::lattice::Client;

use super::{output::Output, pairs::Pair, resolve, run::CommandError};

/// What to do with a label.
#[derive(Debug, Subcommand)]
pub(super) enum LabelCommand {
    /// Put a label on a host, in place of one of the same name
    Put(PutLabel),
    /// Take a label from a host
    Del(DeleteLabel),
}

/// Puts a label.
#[derive(Debug, Args)]
pub(super) struct PutLabel {
    /// The host's key, N…, or the beginning of it
    host: String,
    /// The label
    #[arg(value_name = "K=V")]
    label: Pair,
}

/// Takes a label away.
#[derive(Debug, Args)]
pub(super) struct DeleteLabel {
    /// The host's key, N…, or the beginning of it
    host: String,
    /// The label's name
    name: String,
}

impl LabelCommand {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<(), CommandError> {
        let (host, name, value) = match self {
            Self::Put(args) => {
                let (name, value) = args.label.into_parts();
                (args.host, name, Some(value))
            }
            Self::Del(args) => (args.host, args.name, None),
        };
        let host = resolve::host(client, &host).await?;
        client.label_host(host, &name, value.as_deref()).await?;
        let changed = json!({ "host_id": host, "key": name, "value": value });
        Ok(output.print(&changed, |_| match &value {
            Some(value) => format!("{host} has the label {name}={value}"),
            None => format!("{host} has no label {name}"),
        })?)
    }
}
