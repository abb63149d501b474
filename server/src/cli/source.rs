//! The options of `up` that say where the lattice is.

use std::path::PathBuf;

use clap::Args;

use crate::source::LatticeSource;

/// Where the lattice is: in the server itself, unless one of these says otherwise.
#[derive(Debug, Args)]
#[command(next_help_heading = "A lattice elsewhere")]
pub(super) struct SourceArgs {
    /// Join the lattice of another server, at its ws://HOST:PORT/lattice or wss://…; several are tried in turn
    #[arg(long, value_name = "URL,…", value_delimiter = ',', value_parser = bridge_url)]
    join: Vec<String>,
    /// Authorities that TLS trusts beside the system's, in PEM
    #[arg(long, value_name = "FILE", requires = "join")]
    tls_ca: Option<PathBuf>,
}

fn bridge_url(text: &str) -> Result<String, &'static str> {
    match text.starts_with("ws://") || text.starts_with("wss://") {
        true => Ok(text.to_owned()),
        false => Err("the address of a server's bridge is needed, such as ws://127.0.0.1:7700/lattice"),
    }
}

impl From<SourceArgs> for LatticeSource {
    fn from(args: SourceArgs) -> Self {
        match args.join.is_empty() {
            true => Self::Embedded,
            false => Self::Join { urls: args.join, tls_ca: args.tls_ca },
        }
    }
}
