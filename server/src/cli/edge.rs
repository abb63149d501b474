//! The options of `up` that say what is open to whom.

use std::{num::NonZeroU32, path::PathBuf};

use clap::Args;
use wisteria_bridge::RateLimits;

use super::limits::bytes;
use crate::edge::{ConnectionLimits, EdgeOptions, Origin, TlsFiles};

/// How the ports are protected.
#[derive(Debug, Args)]
#[command(next_help_heading = "Protection")]
pub(super) struct EdgeArgs {
    /// The server's certificate in PEM, followed by those that sign it: both ports speak TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let pages of another origin join, such as https://example.org; may be given several times
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allow_origins: Vec<Origin>,
    /// Open ports to other machines, and reach a Vault on another machine, without protection
    #[arg(long)]
    insecure: bool,
    /// Connections at each port
    #[arg(long, value_name = "N", default_value_t = ConnectionLimits::default().total)]
    max_connections: usize,
    /// Connections from one address at each port; by default 1024 from other machines, from this one as many as in all
    #[arg(long, value_name = "N")]
    max_connections_per_address: Option<usize>,
    /// Messages per second that one client may send; further ones wait. By default there is no bound
    #[arg(long, value_name = "MESSAGES")]
    rate_limit: Option<NonZeroU32>,
    /// Bytes per second that one client may send, such as 1Mi; further ones wait
    #[arg(long, value_name = "BYTES", value_parser = bytes_per_second, default_value = "512Mi")]
    byte_rate_limit: NonZeroU32,
}

impl EdgeArgs {
    /// What in them does not go together.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let is_open = self.allow_origins.contains(&Origin::Any) && !self.insecure;
        is_open.then_some(
            "--allow-origin '*' lets every page that a browser of this network opens join the lattice; name the origins, \
             or accept the risk with --insecure",
        )
    }

    /// Whether the operator accepts the risk of what is not protected.
    pub(super) fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// The options.
    pub(super) fn options(self) -> EdgeOptions {
        let defaults = ConnectionLimits::default();
        EdgeOptions {
            tls: self.tls_cert.zip(self.tls_key).map(|(certificate, key)| TlsFiles { certificate, key }),
            insecure: self.insecure,
            origins: self.allow_origins,
            connections: ConnectionLimits {
                total: self.max_connections,
                per_address: self.max_connections_per_address.unwrap_or(defaults.per_address),
                from_here: self.max_connections_per_address.unwrap_or(self.max_connections),
            },
            rate: RateLimits { operations: self.rate_limit, bytes: Some(self.byte_rate_limit) },
        }
    }
}

fn bytes_per_second(text: &str) -> Result<NonZeroU32, String> {
    let bytes = u32::try_from(bytes(text)?).ok().and_then(NonZeroU32::new);
    bytes.ok_or_else(|| "a rate has a byte to 4095Mi in a second".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_second_are_bounded_by_what_the_broker_bounds_them_by() {
        assert_eq!(bytes_per_second("512Mi").ok(), RateLimits::default().bytes);
        for wrong in ["0", "4Gi", "-1", "fast"] {
            assert!(bytes_per_second(wrong).is_err(), "{wrong}");
        }
    }
}
