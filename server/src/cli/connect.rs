//! The way from a command to the lattice: a server's address, and a client over its bridge.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::http::Uri;
use thiserror::Error;
use wisteria_bridge::{BridgeBus, BridgeOptions, transports::native::WebSocketConnector};
use wisteria_core::{
    bus::BusError,
    error::LatticeError,
    identity::{KeyKind, KeyPair},
    lattice::Client,
    platform::Platform,
};

use crate::platform::NativePlatform;

/// How long a server may take to answer, and a single request to be carried out.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no way to the lattice.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    #[error("no lattice answers at {url}: start one with `wisteria up`, or name another by --url ({cause})")]
    NobodyAnswers { url: String, cause: String },
    #[error(transparent)]
    Lattice(#[from] LatticeError),
}

/// A client of a lattice, in the name of a user who lives as long as the command.
pub(super) async fn connect(url: &LatticeUrl, lattice: &str) -> Result<Client, ConnectError> {
    let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
    let mut secret = [0; 32];
    platform.random(&mut secret);
    let user = KeyPair::from_raw(KeyKind::User, secret).public_key();
    let connector = WebSocketConnector::new(url.bridge());
    let options =
        BridgeOptions { name: "wisteria command line".to_owned(), connect: PATIENCE, ..BridgeOptions::default() };
    let bus = BridgeBus::connect(connector, platform.clone(), options).await.map_err(|cause| {
        ConnectError::NobodyAnswers {
            url: url.text.clone(),
            cause: match cause {
                BusError::Closed(why) => why,
                other => other.to_string(),
            },
        }
    })?;
    Ok(Client::new(Arc::new(bus), platform, lattice, user, PATIENCE)?)
}

/// The address of a lattice's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LatticeUrl {
    /// As it was given.
    text: String,
    /// `host:port`.
    authority: String,
    /// Without a slash at its end.
    path: String,
}

/// Why a text is no such address.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("an address such as http://127.0.0.1:7700 is needed: {0}")]
pub(super) struct UrlError(&'static str);

impl LatticeUrl {
    /// Where the server's bridge is.
    fn bridge(&self) -> String {
        format!("ws://{}{}/lattice", self.authority, self.path)
    }
}

impl FromStr for LatticeUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError("this is no URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(UrlError("it begins with http://, as servers speak no TLS themselves"));
        }
        if uri.query().is_some() {
            return Err(UrlError("it has no query"));
        }
        let authority = uri.authority().ok_or(UrlError("it names a host"))?;
        Ok(Self {
            text: text.trim_end_matches('/').to_owned(),
            authority: authority.to_string(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridge_is_found_from_the_address() {
        let check = |text: &str, bridge: &str| {
            assert_eq!(text.parse::<LatticeUrl>().expect("a URL").bridge(), bridge);
        };
        check("http://127.0.0.1:7700", "ws://127.0.0.1:7700/lattice");
        check("http://[::1]:7700/", "ws://[::1]:7700/lattice");
        check("http://example.org/w/", "ws://example.org/w/lattice");
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "127.0.0.1:7700", "https://example.org", "ws://example.org", "http://", "http://a/?b"] {
            assert!(text.parse::<LatticeUrl>().is_err(), "{text}");
        }
    }
}
