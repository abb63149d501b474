//! `wisteria up`: a server in the foreground.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use clap::Args;
use wisteria_core::identity::{KeyError, KeyKind, PublicKey};

use super::{
    edge::EdgeArgs,
    key_args::KeysDir,
    limits::CeilingArgs,
    pairs::Pair,
    policy_args::PolicyArgs,
    source::{SourceArgs, websocket_url},
};
use crate::up::{self, UpError, UpOptions};

/// How a server is to run.
#[derive(Debug, Args)]
pub(super) struct UpArgs {
    /// Where page, lattice and API are served; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7700")]
    listen: SocketAddr,
    /// Where any NATS client may join by TCP, such as 127.0.0.1:4222; port 0 picks a free one
    #[arg(long, value_name = "ADDR", conflicts_with = "elsewhere")]
    nats_listen: Option<SocketAddr>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    edge: EdgeArgs,
    /// Let pages join at the WebSocket of the NATS cluster, ws://HOST:PORT, instead of through this server
    #[arg(long, value_name = "URL", value_parser = websocket_url, requires = "nats", help_heading = "A lattice elsewhere")]
    nats_websocket: Option<String>,
    /// Where the host keeps its key and its state
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the secrets are that links name as secret:NAME, a file for each; WISTERIA_SECRET_NAME goes before
    #[arg(long, value_name = "DIR")]
    secrets_dir: Option<PathBuf>,
    /// A label by which this host can be chosen; may be given several times
    #[arg(long = "label", value_name = "K=V")]
    labels: Vec<Pair>,
    /// Run modules that carry no claims, too
    #[arg(long)]
    allow_unsigned: bool,
    /// Run modules that this account signed, A…; may be given several times. Without it, a server on loopback trusts its
    /// own development account
    #[arg(long, value_name = "A…", value_delimiter = ',', value_parser = account)]
    trust: Vec<PublicKey>,
    #[command(flatten)]
    keys: KeysDir,
    /// Load modules from files of this machine when the lattice names them as file:///…
    #[arg(long)]
    allow_file_load: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    ceilings: CeilingArgs,
}

impl UpArgs {
    /// What in them does not go together, beyond what one option says of another.
    pub(super) fn conflict(&self, tls_ca: Option<&PathBuf>) -> Option<&'static str> {
        match tls_ca.is_some() && !self.source.is_elsewhere() {
            true => Some("--tls-ca says whom to trust at a lattice elsewhere; give --join or --nats with it"),
            false => self.edge.conflict(),
        }
    }

    /// Runs the server until it is told to stop.
    pub(super) async fn run(self, lattice: String, tls_ca: Option<PathBuf>) -> Result<(), UpError> {
        let labels: BTreeMap<_, _> = self.labels.into_iter().map(Pair::into_parts).collect();
        up::run(UpOptions {
            listen: self.listen,
            nats_listen: self.nats_listen,
            nats_websocket: self.nats_websocket,
            source: self.source.into_source(tls_ca),
            edge: self.edge.options(),
            data_dir: self.data_dir,
            secrets_dir: self.secrets_dir,
            lattice,
            labels,
            allow_unsigned: self.allow_unsigned,
            trust: self.trust,
            keys: self.keys.keys,
            allow_file_load: self.allow_file_load,
            limits: self.ceilings.limits(),
            policy: self.policy.options(),
        })
        .await
    }
}

fn account(text: &str) -> Result<PublicKey, KeyError> {
    text.parse::<PublicKey>()?.expect_kind(KeyKind::Account)
}
