//! The way from a command to the lattice: a server's address, and a client over its bridge.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use axum::http::Uri;
use thiserror::Error;
use wisteria_bridge::{
    BridgeBus, BridgeOptions, Connector, Credentials,
    auth::Role,
    transports::native::{NatsConnector, Tls, TlsError, WebSocketConnector},
};
use wisteria_core::{
    bus::{Bus, BusError},
    error::LatticeError,
    lattice::Client,
    platform::Platform,
};

use crate::{
    auth::{creds_path, new_user},
    data_dir::default_path,
    platform::NativePlatform,
};

/// How long a server may take to answer, and a single request to be carried out.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no way to the lattice.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    #[error("no lattice answers at {url}: start one with `wisteria up`, or name another by --url ({cause})")]
    NobodyAnswers { url: String, cause: String },
    #[error(
        "the lattice at {url} does not let this command in ({cause}): name credentials for it with --creds FILE or \
         WISTERIA_CREDS; its server keeps those of its operator as operator.creds in its data directory"
    )]
    Refused { url: String, cause: String },
    #[error("the credentials in {} cannot be used: {cause}; name others with --creds", path.display())]
    Creds { path: PathBuf, cause: String },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Lattice(#[from] LatticeError),
}

/// A connection to a lattice.
pub(super) async fn connect(
    url: &LatticeUrl,
    tls_ca: Option<&Path>,
    creds: Option<&Path>,
) -> Result<Arc<dyn Bus>, ConnectError> {
    let tls = tls_ca.map_or_else(|| Ok(Tls::default()), Tls::with_authorities)?;
    let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
    let options = BridgeOptions {
        name: "wisteria command line".to_owned(),
        credentials: url.credentials(creds)?,
        connect: PATIENCE,
        ..BridgeOptions::default()
    };
    let bus = BridgeBus::connect(url.way.connector(tls), platform.clone(), options).await.map_err(|cause| {
        let (url, cause) = match cause {
            BusError::Closed(why) => (url.text.clone(), why),
            other => (url.text.clone(), other.to_string()),
        };
        match cause.contains("Authorization Violation") {
            true => ConnectError::Refused { url, cause },
            false => ConnectError::NobodyAnswers { url, cause },
        }
    })?;
    Ok(Arc::new(bus))
}

/// A client of a lattice, in the name of a user who lives as long as the command.
pub(super) fn client(bus: Arc<dyn Bus>, lattice: &str) -> Result<Client, ConnectError> {
    let platform: Arc<dyn Platform> = Arc::new(NativePlatform::current());
    let user = new_user(&*platform).public_key();
    Ok(Client::new(bus, platform, lattice, user, PATIENCE)?)
}

/// Reads a `.creds` file.
pub(super) fn read_creds(path: &Path) -> Result<Credentials, ConnectError> {
    let error = |cause: String| ConnectError::Creds { path: path.to_owned(), cause };
    let text = fs::read_to_string(path).map_err(|cause| error(cause.to_string()))?;
    Credentials::from_creds(&text).map_err(|cause| error(cause.to_owned()))
}

/// The address of a lattice's server, or of the NATS server that the lattice lives on.
#[derive(Debug, Clone)]
pub(super) struct LatticeUrl {
    /// As it was given, without secrets.
    text: String,
    way: Way,
    credentials: Credentials,
}

/// How the lattice is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// At a WebSocket.
    WebSocket(String),
    /// At a NATS server.
    Nats(String),
}

/// Why a text is no such address.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("an address such as http://127.0.0.1:7700 or nats://127.0.0.1:4222 is needed: {0}")]
pub(super) struct UrlError(&'static str);

impl LatticeUrl {
    /// What lets a command in: what the address holds, a file that was named, or what a server of this machine left for
    /// its operator.
    fn credentials(&self, creds: Option<&Path>) -> Result<Credentials, ConnectError> {
        match (&self.credentials, creds) {
            (Credentials::None, Some(path)) => read_creds(path),
            (Credentials::None, None) => left_here(&self.text, Role::Operator),
            (in_url, _) => Ok(in_url.clone()),
        }
    }
}

/// What the server of this machine left in the default data directory for those who join in a role, where an address is
/// of this machine.
pub(super) fn left_here(url: &str, role: Role) -> Result<Credentials, ConnectError> {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let path = default_path().map(|data_dir| creds_path(&data_dir, role));
    match path.filter(|path| is_here && path.is_file()) {
        Some(path) => read_creds(&path),
        None => Ok(Credentials::None),
    }
}

impl Way {
    fn connector(&self, tls: Tls) -> Arc<dyn Connector> {
        match self {
            Self::WebSocket(url) => Arc::new(WebSocketConnector::new(url).with_tls(tls)),
            Self::Nats(url) => Arc::new(NatsConnector::new(url).with_tls(tls)),
        }
    }
}

impl FromStr for LatticeUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (text, credentials) = Credentials::of_url(text);
        let uri: Uri = text.parse().map_err(|_| UrlError("this is no URL"))?;
        if uri.query().is_some() {
            return Err(UrlError("it has no query"));
        }
        let authority = uri.authority().ok_or(UrlError("it names a host"))?;
        let path = uri.path().trim_end_matches('/');
        let way = match uri.scheme_str() {
            Some("http") => Way::WebSocket(format!("ws://{authority}{path}/lattice")),
            Some("https") => Way::WebSocket(format!("wss://{authority}{path}/lattice")),
            Some("ws" | "wss") => Way::WebSocket(text.clone()),
            Some("nats" | "tls") => Way::Nats(text.clone()),
            _ => {
                let schemes = "it begins with http://, https:// or ws:// for a server, nats:// or tls:// for NATS";
                return Err(UrlError(schemes));
            }
        };
        Ok(Self { text: text.trim_end_matches('/').to_owned(), way, credentials })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_found_from_the_address() {
        let check = |text: &str, way: Way| {
            assert_eq!(text.parse::<LatticeUrl>().expect("a URL").way, way, "{text}");
        };
        let websocket = |url: &str| Way::WebSocket(url.to_owned());
        check("http://127.0.0.1:7700", websocket("ws://127.0.0.1:7700/lattice"));
        check("http://[::1]:7700/", websocket("ws://[::1]:7700/lattice"));
        check("http://example.org/w/", websocket("ws://example.org/w/lattice"));
        check("https://example.org", websocket("wss://example.org/lattice"));
        check("ws://example.org:8080", websocket("ws://example.org:8080"));
        check("nats://user:secret@example.org", Way::Nats("nats://example.org".to_owned()));
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "127.0.0.1:7700", "ftp://example.org", "http://", "http://a/?b"] {
            assert!(text.parse::<LatticeUrl>().is_err(), "{text}");
        }
    }
}
