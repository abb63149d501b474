//! How a server gets into a NATS cluster: addresses, credentials, and what is wrong where it does not.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use thiserror::Error;
use wisteria_bridge::{
    Connector, Credentials, InTurn,
    transports::native::{NatsConnector, Tls, TlsError},
};
use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    secret::Secret,
};

/// What a server is told of the cluster. Debug shows no secret.
#[derive(Clone)]
pub struct NatsOptions {
    /// Addresses of its servers, `nats://…` or `tls://…`, tried in turn. They may hold a name with a password, or a token.
    pub urls: Vec<Secret>,
    /// How the host proves who it is.
    pub secret: NatsSecret,
    /// Authorities to trust beside the system's, in PEM.
    pub tls_ca: Option<PathBuf>,
    /// The domain of its JetStream.
    pub js_domain: Option<String>,
    /// The file with the seed that signs for those who join at this server.
    pub signing_key: Option<PathBuf>,
    /// The account that it signs for, where it is not the account's own key.
    pub account: Option<PublicKey>,
}

/// Where a host's credentials are.
#[derive(Clone, Default)]
pub enum NatsSecret {
    /// In the addresses, where the cluster wants any.
    #[default]
    InUrl,
    /// In a file with a user's claims and seed.
    CredsFile(PathBuf),
    /// In a file with a user's seed.
    SeedFile(PathBuf),
    /// This token.
    Token(Secret),
}

/// Why a server cannot get into a NATS cluster.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NatsError {
    /// A file of credentials cannot be used.
    #[error("{} cannot be used for {option}: {cause}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// The option that named it.
        option: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The file of authorities cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The servers do not let the host in.
    #[error(
        "{urls} refuses this host: {cause}; give it what the server asks for with --nats-creds, --nats-nkey, --nats-token or user:password@ in the URL"
    )]
    Refused {
        /// Their addresses, without secrets.
        urls: String,
        /// What they say.
        cause: String,
    },
    /// No server answers.
    #[error(
        "no NATS server can be reached at {urls}: {cause}; see that one runs there and speaks NATS, or name another with --nats"
    )]
    Unreachable {
        /// The addresses, without secrets.
        urls: String,
        /// What failed.
        cause: String,
    },
    /// The lattice's metadata cannot be kept there.
    #[error(
        "the NATS server keeps no data for this lattice: {cause}; start it with JetStream (nats-server -js), allow the host's user to use it, or name its domain with --nats-js-domain"
    )]
    JetStream {
        /// What failed.
        cause: String,
    },
}

/// The way into a cluster.
#[derive(Debug)]
pub(crate) struct Access {
    /// Addresses without secrets.
    pub(super) urls: Vec<String>,
    pub(crate) credentials: Credentials,
    pub(super) tls_ca: Option<PathBuf>,
    pub(super) js_domain: Option<String>,
    tls: Tls,
}

impl Access {
    /// Reads what the options name.
    pub(crate) fn read(options: &NatsOptions) -> Result<Self, NatsError> {
        let (urls, in_urls): (Vec<_>, Vec<_>) =
            options.urls.iter().map(|url| Credentials::of_url(url.expose())).unzip();
        let in_urls = in_urls.into_iter().find(|credentials| !matches!(credentials, Credentials::None));
        Ok(Self {
            urls,
            credentials: options.secret.read()?.or(in_urls).unwrap_or_default(),
            tls: options.tls_ca.as_deref().map_or_else(|| Ok(Tls::default()), Tls::with_authorities)?,
            tls_ca: options.tls_ca.clone(),
            js_domain: options.js_domain.clone(),
        })
    }

    /// Makes connections to the cluster.
    pub(crate) fn connector(&self) -> Arc<dyn Connector> {
        let servers = self.urls.iter().map(|url| NatsConnector::new(url).with_tls(self.tls.clone())).collect();
        Arc::new(InTurn::new(servers))
    }

    /// Why the first connection failed, with its remedy.
    pub(crate) fn explain(&self, cause: String) -> NatsError {
        let urls = self.urls.join(", ");
        let said = cause.to_lowercase();
        match said.contains("authorization") || said.contains("authentication") {
            true => NatsError::Refused { urls, cause },
            false => NatsError::Unreachable { urls, cause },
        }
    }
}

impl NatsOptions {
    /// What signs for those who join, if they are to have claims of their own.
    pub(crate) fn signer(&self) -> Result<Option<KeyPair>, NatsError> {
        let Some(path) = &self.signing_key else {
            return Ok(None);
        };
        let read = |text: &str| match KeyPair::from_seed(text.trim()) {
            Ok(key) if key.public_key().kind() == KeyKind::Account => Ok(key),
            Ok(_) => Err("its seed is not that of an account (SA…)"),
            Err(_) => Err("there is no seed in it"),
        };
        read_file(path, "--nats-signing-key", read).map(Some)
    }
}

impl NatsSecret {
    fn read(&self) -> Result<Option<Credentials>, NatsError> {
        match self {
            Self::InUrl => Ok(None),
            Self::CredsFile(path) => read_file(path, "--nats-creds", Credentials::from_creds).map(Some),
            Self::SeedFile(path) => read_file(path, "--nats-nkey", Credentials::from_seed).map(Some),
            Self::Token(token) => Ok(Some(Credentials::Token(token.clone()))),
        }
    }
}

fn read_file<T>(
    path: &Path,
    option: &'static str,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<T, NatsError> {
    let error = |cause: String| NatsError::Secret { path: path.to_owned(), option, cause };
    let text = fs::read_to_string(path).map_err(|cause| error(cause.to_string()))?;
    read(&text).map_err(|cause| error(cause.to_owned()))
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls = self.urls.iter().map(|url| Credentials::of_url(url.expose()).0).collect::<Vec<_>>();
        f.debug_struct("NatsOptions").field("urls", &urls).field("secret", &self.secret).finish_non_exhaustive()
    }
}

impl fmt::Debug for NatsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUrl => f.write_str("InUrl"),
            Self::CredsFile(path) | Self::SeedFile(path) => write!(f, "{}", path.display()),
            Self::Token(_) => f.write_str("Token"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_where_the_cluster_is_and_no_secret() {
        let options = |url: &str, secret| NatsOptions {
            urls: vec![Secret::new(url)],
            secret,
            tls_ca: None,
            js_domain: None,
            signing_key: None,
            account: None,
        };
        for options in [
            options("nats://ada:lovelace@example.org", NatsSecret::InUrl),
            options("tls://lovelace@example.org:4222", NatsSecret::InUrl),
            options("nats://example.org", NatsSecret::Token(Secret::new("lovelace"))),
        ] {
            let access = Access::read(&options).expect("no file is named");
            let shown = format!("{options:?} {:?} {:?} {access:?}", options.urls, options.secret);
            assert!(shown.contains("example.org") && !shown.contains("lovelace"), "{shown}");
        }
    }
}
