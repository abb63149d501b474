//! From an address to a socket.

use std::{str::FromStr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::http::Uri;

use crate::transports::TransportError;

/// How long one attempt at one address may take, so that the next in a list gets its turn.
const ATTEMPT: Duration = Duration::from_secs(4);

/// A connection that carries bytes, plain or protected.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// The parts of a server's address that matter for reaching it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: String,
    /// A name or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Address {
    /// A plain connection to it.
    pub(super) async fn dial(&self, default_port: u16) -> Result<TcpStream, TransportError> {
        let socket = TcpStream::connect((self.host.as_str(), self.port.unwrap_or(default_port)))
            .await
            .map_err(|cause| TransportError(cause.to_string()))?;
        socket.set_nodelay(true).map_err(|cause| TransportError(cause.to_string()))?;
        Ok(socket)
    }
}

impl FromStr for Address {
    type Err = TransportError;

    fn from_str(url: &str) -> Result<Self, TransportError> {
        let no_address = || TransportError("this is no address of the form scheme://host:port".to_owned());
        let uri: Uri = url.parse().map_err(|_| no_address())?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(no_address());
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16(),
        })
    }
}

/// Bounds one attempt, and says which address failed.
pub(super) async fn attempt<T>(
    url: &str,
    making: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let outcome = match tokio::time::timeout(ATTEMPT, making).await {
        Ok(outcome) => outcome,
        Err(_) => Err(TransportError(format!("no connection within {} s", ATTEMPT.as_secs()))),
    };
    outcome.map_err(|error| TransportError(format!("{url}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_maybe_port() {
        let check = |url: &str, scheme: &str, host: &str, port| {
            let expected = Address { scheme: scheme.to_owned(), host: host.to_owned(), port };
            assert_eq!(url.parse::<Address>(), Ok(expected));
        };
        check("nats://example.org", "nats", "example.org", None);
        check("ws://127.0.0.1:7700/lattice", "ws", "127.0.0.1", Some(7700));
        check("wss://[::1]:443", "wss", "::1", Some(443));
        for text in ["", "example.org:1", "nats://", "/lattice"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
