//! `wisteria up`: a server in the foreground.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use clap::Args;
use wisteria_bridge::Credentials;
use wisteria_core::identity::{KeyKind, PublicKey};

use super::{
    pairs::Pair,
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
    /// Let pages join at the WebSocket of the NATS cluster, ws://HOST:PORT, instead of through this server
    #[arg(long, value_name = "URL", value_parser = websocket_url, requires = "nats", help_heading = "A lattice elsewhere")]
    nats_websocket: Option<String>,
    /// Where the host keeps its key and its state
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A label by which this host can be chosen; may be given several times
    #[arg(long = "label", value_name = "K=V")]
    labels: Vec<Pair>,
    /// Let in only who has credentials or a token: operator.creds in the data directory, pages of this machine, and whom
    /// `wisteria token mint` gives one
    #[arg(long, conflicts_with = "elsewhere")]
    auth: bool,
    /// An account whose users may join, beside the server's own; may be given several times
    #[arg(long = "auth-account", value_name = "A…", requires = "auth", value_parser = account)]
    auth_accounts: Vec<PublicKey>,
    /// Run modules that carry no claims, too
    #[arg(long)]
    allow_unsigned: bool,
    /// Load modules from files of this machine when the lattice names them as file:///…
    #[arg(long)]
    allow_file_load: bool,
}

impl UpArgs {
    /// Runs the server until it is told to stop.
    pub(super) async fn run(self, lattice: String, credentials: Credentials) -> Result<(), UpError> {
        let labels: BTreeMap<_, _> = self.labels.into_iter().map(Pair::into_parts).collect();
        up::run(UpOptions {
            listen: self.listen,
            nats_listen: self.nats_listen,
            nats_websocket: self.nats_websocket,
            source: self.source.into_source(credentials),
            auth: self.auth,
            auth_accounts: self.auth_accounts,
            data_dir: self.data_dir,
            lattice,
            labels,
            allow_unsigned: self.allow_unsigned,
            allow_file_load: self.allow_file_load,
        })
        .await
    }
}

/// Reads the key of an account.
fn account(text: &str) -> Result<PublicKey, String> {
    let key = text.parse::<PublicKey>().and_then(|key| key.expect_kind(KeyKind::Account));
    key.map_err(|error| error.to_string())
}
