//! `wisteria up`: a server in the foreground.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use clap::Args;
use wisteria_bridge::Credentials;
use wisteria_core::identity::{KeyError, KeyKind, PublicKey};

use super::{
    edge::EdgeArgs,
    key_args::KeysDir,
    limits::CeilingArgs,
    pairs::Pair,
    policy_args::PolicyArgs,
    source::{SourceArgs, websocket_url},
    vault_args::VaultArgs,
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
    #[command(flatten)]
    vault: VaultArgs,
    /// A label by which this host can be chosen; may be given several times
    #[arg(long = "label", value_name = "K=V")]
    labels: Vec<Pair>,
    /// Let whoever reaches its ports join and do everything, without credentials
    #[arg(long, conflicts_with = "elsewhere")]
    open: bool,
    /// Let users of this NATS account join, A…, beside those that the server's own account signs for; may be given
    /// several times
    #[arg(long = "auth-account", value_name = "A…", conflicts_with_all = ["elsewhere", "open"], value_parser = account)]
    auth_accounts: Vec<PublicKey>,
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
    pub(super) fn conflict(&self) -> Option<&'static str> {
        self.vault.conflict(self.edge.is_insecure()).or_else(|| self.edge.conflict())
    }

    /// The first server that it is to join.
    pub(super) fn joined(&self) -> Option<&str> {
        self.source.joined()
    }

    /// Runs the server until it is told to stop.
    pub(super) async fn run(
        self,
        lattice: String,
        tls_ca: Option<PathBuf>,
        credentials: Credentials,
    ) -> Result<(), UpError> {
        let is_insecure = self.edge.is_insecure();
        let labels: BTreeMap<_, _> = self.labels.into_iter().map(Pair::into_parts).collect();
        up::run(UpOptions {
            listen: self.listen,
            nats_listen: self.nats_listen,
            nats_websocket: self.nats_websocket,
            source: self.source.into_source(tls_ca.clone(), credentials),
            edge: self.edge.options(),
            open: self.open,
            auth_accounts: self.auth_accounts,
            data_dir: self.data_dir,
            secrets_dir: self.secrets_dir,
            vault: self.vault.options(tls_ca.clone(), is_insecure),
            tls_ca,
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

/// Reads the key of an account.
pub(super) fn account(text: &str) -> Result<PublicKey, KeyError> {
    text.parse::<PublicKey>()?.expect_kind(KeyKind::Account)
}
