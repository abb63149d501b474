//! Secrets in a store that speaks the HTTP API of `HashiCorp` Vault's key-value engine, version 2, as `OpenBao` does.

use std::{env, path::PathBuf, time::Duration};

use axum::body::{Body, Bytes, to_bytes};
use hyper::{Request, StatusCode, client::conn::http1, header, http::HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};
use wisteria_bridge::transports::native::{Tls, TlsError};
use wisteria_core::{
    host::{FoundSecret, SecretError},
    secret::Secret,
};

use super::{MAX_SECRET, VaultAddress, VaultPath, answer, read};

/// How long the store may take, from the connection to the end of its answer: less than a provider has for a link, so that
/// it is the store that is named.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Largest answer of the store: a secret with its escapes, and what is said beside it.
const MAX_ANSWER: usize = 4 * MAX_SECRET;

/// Holds the token where no file does.
const TOKEN: &str = "VAULT_TOKEN";

/// Where the store is, and how the host gets in.
#[derive(Debug, Clone)]
pub struct VaultOptions {
    /// The store's address.
    pub address: VaultAddress,
    /// The file with the token, read at each lookup, so that who renews the token writes it anew. Without one, the token
    /// is in the environment, as `VAULT_TOKEN`.
    pub token_file: Option<PathBuf>,
    /// Where the engine is mounted.
    pub mount: VaultPath,
    /// Where the secrets are within it.
    pub path: VaultPath,
    /// The namespace, in a store that has any.
    pub namespace: Option<VaultPath>,
    /// Authorities to trust beside the system's, in PEM.
    pub tls_ca: Option<PathBuf>,
}

/// Looks secrets up in a store.
#[derive(Debug)]
pub struct Vault {
    options: VaultOptions,
    tls: Tls,
}

impl Vault {
    /// Of the store that the options name.
    ///
    /// # Errors
    /// The file of authorities cannot be used.
    pub fn new(options: VaultOptions) -> Result<Self, TlsError> {
        let tls = options.tls_ca.as_deref().map_or_else(|| Ok(Tls::default()), Tls::with_authorities)?;
        Ok(Self { options, tls })
    }

    /// How a secret gets into the store.
    pub(super) fn remedy(&self, name: &str) -> String {
        let VaultOptions { address, mount, path, .. } = &self.options;
        format!("write it to the Vault at {address}: vault kv put -mount={mount} {path}/{name} value=…")
    }

    /// The secret of a name; none where the store has none.
    ///
    /// # Errors
    /// Why the store does not tell, and what to do about it.
    pub(super) async fn resolve(&self, name: &str) -> Result<Option<FoundSecret>, SecretError> {
        let said = timeout(PATIENCE, self.ask(name)).await.unwrap_or_else(|_| {
            let millis = PATIENCE.as_millis();
            Err(SecretError::Unavailable(format!(
                "it did not answer within {millis} ms; see that it runs there, or name another with --vault-addr"
            )))
        });
        let of = |why| format!("the Vault at {}: {why}", self.options.address);
        said.map_err(|error| match error {
            SecretError::Unknown(why) => SecretError::Unknown(of(why)),
            SecretError::Unusable(why) => SecretError::Unusable(of(why)),
            other => SecretError::Unavailable(of(other.to_string())),
        })
    }

    async fn ask(&self, name: &str) -> Result<Option<FoundSecret>, SecretError> {
        let VaultOptions { mount, path, .. } = &self.options;
        let (status, answer) = self.exchange(name).await.map_err(SecretError::Unavailable)?;
        answer::secret(status, &answer, &format!("{mount}/data/{path}/{name}"))
    }

    async fn exchange(&self, name: &str) -> Result<(StatusCode, Bytes), String> {
        let address = &self.options.address;
        let request = self.request(name).await?;
        let unreachable =
            |cause| format!("it cannot be reached: {cause}; see that it runs there, or name another with --vault-addr");
        let socket = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unreachable)?;
        match address.is_protected {
            true => {
                let protected = self.tls.protect(&address.host, socket).await.map_err(|cause| cause.to_string())?;
                exchange(protected, request).await
            }
            false => exchange(socket, request).await,
        }
    }

    async fn request(&self, name: &str) -> Result<Request<Body>, String> {
        let VaultOptions { address, mount, path, namespace, .. } = &self.options;
        let request = Request::get(format!("{}/v1/{mount}/data/{path}/{name}", address.base))
            .header(header::HOST, &address.authority)
            // Proxies in front of a store may ask for this, so that no page can be tricked into a request.
            .header("X-Vault-Request", "true")
            .header("X-Vault-Token", self.token().await?);
        let request = match namespace {
            Some(namespace) => request.header("X-Vault-Namespace", namespace.to_string()),
            None => request,
        };
        Ok(request
            .body(Body::empty())
            .expect("addresses, paths and names have no character that a request cannot hold"))
    }

    async fn token(&self) -> Result<HeaderValue, String> {
        let (token, place) = match &self.options.token_file {
            Some(path) => {
                let place = format!("--vault-token-file {}", path.display());
                (read(path).await.map_err(|cause| format!("{place} cannot be read: {cause}"))?, place)
            }
            None => match env::var(TOKEN) {
                Ok(token) => (Secret::new(token), TOKEN.to_owned()),
                Err(_) => {
                    return Err(format!(
                        "there is no token for it; name its file with --vault-token-file, or set {TOKEN}"
                    ));
                }
            },
        };
        let mut value = HeaderValue::from_str(token.expose().trim())
            .ok()
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("{place} holds no token; put there what the Vault gave you, alone"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Sends a request over a connection of its own, and takes the answer. Redirections are answers like others: the token
/// goes nowhere else.
async fn exchange<S>(socket: S, request: Request<Body>) -> Result<(StatusCode, Bytes), String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let no_http = |cause| format!("it does not answer as an HTTP server does: {cause}; see what listens there");
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(no_http)?;
    // Ends with this function, at the latest.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(no_http)?.into_parts();
    let body = to_bytes(Body::new(body), MAX_ANSWER).await.map_err(|_| {
        format!("its answer broke off, or has more than {MAX_ANSWER} bytes; keep a secret of at most {MAX_SECRET} bytes there")
    })?;
    Ok((head.status, body))
}
