//! The options of `up` that say where the lattice is.

use std::path::PathBuf;

use clap::Args;
use wisteria_bridge::Credentials;
use wisteria_core::{identity::PublicKey, secret::Secret};

use super::up::account;
use crate::{
    nats::{NatsOptions, NatsSecret},
    source::LatticeSource,
};

/// Where the lattice is: in the server itself, unless one of these says otherwise.
#[derive(Debug, Args)]
#[command(next_help_heading = "A lattice elsewhere")]
pub(super) struct SourceArgs {
    /// Join the lattice of another server, at its ws://HOST:PORT/lattice or wss://…; several are tried in turn
    #[arg(long, value_name = "URL,…", value_delimiter = ',', value_parser = websocket_url, group = "elsewhere")]
    join: Vec<String>,
    /// Use a NATS cluster with JetStream, at nats://[USER:PASSWORD@]HOST:PORT or tls://…; several are tried in turn
    #[arg(long, value_name = "URL,…", value_delimiter = ',', value_parser = nats_url, group = "elsewhere")]
    nats: Vec<Secret>,
    /// The file with the claims and the seed of a NATS user
    #[arg(long, value_name = "FILE", requires = "nats", group = "nats_secret")]
    nats_creds: Option<PathBuf>,
    /// The file with the seed of a NATS user's nkey
    #[arg(long, value_name = "FILE", requires = "nats", group = "nats_secret")]
    nats_nkey: Option<PathBuf>,
    /// The token of the NATS cluster
    #[arg(long, value_name = "TOKEN", env = "WISTERIA_NATS_TOKEN", hide_env_values = true, group = "nats_secret")]
    nats_token: Option<Secret>,
    /// The domain of the cluster's JetStream
    #[arg(long, value_name = "DOMAIN", requires = "nats")]
    nats_js_domain: Option<String>,
    /// The file with the seed of the cluster's account, or of a key that signs for it: who joins at this server then needs
    /// a token, and has claims of its own on the cluster
    #[arg(long, value_name = "FILE", requires = "nats", conflicts_with = "nats_websocket")]
    nats_signing_key: Option<PathBuf>,
    /// The account, A…, where the signing key is not its own
    #[arg(long, value_name = "A…", requires = "nats_signing_key", value_parser = account)]
    nats_account: Option<PublicKey>,
}

/// Reads the address of a WebSocket.
pub(super) fn websocket_url(text: &str) -> Result<String, &'static str> {
    if !(text.starts_with("ws://") || text.starts_with("wss://")) {
        return Err("the address of a WebSocket is needed, such as ws://127.0.0.1:7700/lattice");
    }
    // It stands in messages and is told to pages.
    match Credentials::of_url(text).1 {
        Credentials::None => Ok(text.to_owned()),
        _ => Err(
            "no credentials stand in the address of a WebSocket; leave them out, as a server is joined by those of --creds",
        ),
    }
}

fn nats_url(text: &str) -> Result<Secret, &'static str> {
    match text.starts_with("nats://") || text.starts_with("tls://") {
        true => Ok(Secret::new(text)),
        false => Err("the address of a NATS server is needed, such as nats://127.0.0.1:4222"),
    }
}

impl SourceArgs {
    /// The first server that is to be joined.
    pub(super) fn joined(&self) -> Option<&str> {
        self.join.first().map(String::as_str)
    }

    /// Where it is; TLS there trusts the authorities in `tls_ca`, too, and `credentials` are for a server that is joined.
    pub(super) fn into_source(self, tls_ca: Option<PathBuf>, credentials: Credentials) -> LatticeSource {
        let args = self;
        if !args.nats.is_empty() {
            let secret = match (args.nats_creds, args.nats_nkey, args.nats_token) {
                (Some(path), _, _) => NatsSecret::CredsFile(path),
                (_, Some(path), _) => NatsSecret::SeedFile(path),
                (_, _, Some(token)) => NatsSecret::Token(token),
                _ => NatsSecret::InUrl,
            };
            return LatticeSource::Nats(NatsOptions {
                urls: args.nats,
                secret,
                tls_ca,
                js_domain: args.nats_js_domain,
                signing_key: args.nats_signing_key,
                account: args.nats_account,
            });
        }
        match args.join.is_empty() {
            true => LatticeSource::Embedded,
            false => LatticeSource::Join { urls: args.join, tls_ca, credentials },
        }
    }
}
