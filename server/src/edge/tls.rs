//! TLS for servers: certificate and key, and the step from a plain socket to a protected one.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ConfigBuilder, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ResolvesServerCert, WantsServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

/// How long a client may take until its connection is protected.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many clients may be about it at a time; others wait their turn within the same time.
const HANDSHAKES: usize = 512;

/// What a server proves its name with.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Its certificate, followed by those between it and the authority, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Why a server cannot speak TLS.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerTlsError {
    /// There is no certificate.
    #[error(
        "--tls-cert {}: {cause}; name the file with the server's certificate, followed by those that sign it, in PEM",
        path.display()
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// There is no key.
    #[error("--tls-key {}: {cause}; name the file with the certificate's private key, in PEM", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// They do not belong together.
    #[error(
        "the key in {} is not that of the first certificate in {}: {cause}; give --tls-cert and --tls-key two files that \
         were made together, the server's certificate first",
        key.display(), certificate.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the library says.
        cause: rustls::Error,
    },
}

/// Protects the sockets of a server. Clones share the bound of [`HANDSHAKES`].
#[derive(Clone)]
pub(crate) struct ServerTls {
    acceptor: TlsAcceptor,
    handshakes: Arc<Semaphore>,
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls")
    }
}

impl ServerTls {
    /// Reads certificate and key.
    pub(crate) fn read(files: &TlsFiles) -> Result<Self, ServerTlsError> {
        let chain = certificates(&files.certificate)
            .map_err(|cause| ServerTlsError::Certificate { path: files.certificate.clone(), cause })?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|cause| ServerTlsError::Key { path: files.key.clone(), cause: cause.to_string() })?;
        let config = builder().with_single_cert(chain, key).map_err(|cause| ServerTlsError::Mismatch {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            cause,
        })?;
        Ok(Self::new(config))
    }

    /// Proves the names of several by the certificates of each.
    pub(crate) fn with_certificates(certificates: Arc<dyn ResolvesServerCert>) -> Self {
        Self::new(builder().with_cert_resolver(certificates))
    }

    fn new(config: ServerConfig) -> Self {
        Self { acceptor: Arc::new(config).into(), handshakes: Arc::new(Semaphore::new(HANDSHAKES)) }
    }

    /// Protects a client's socket.
    pub(crate) async fn protect<S>(&self, socket: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let handshake = async {
            let _turn = self.handshakes.acquire().await.expect("it is never closed");
            self.acceptor.accept(socket).await
        };
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long");
        timeout(HANDSHAKE, handshake).await.map_err(late)?
    }
}

fn builder() -> ConfigBuilder<ServerConfig, WantsServerCert> {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions")
        .with_no_client_auth()
}

/// A certificate with those between it and the authority, and its key, from texts of PEM.
///
/// # Errors
/// What is wrong with them. It shows nothing of the key.
pub(crate) fn certified_key(certificate: &[u8], key: &[u8]) -> Result<CertifiedKey, String> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
    let chain = not_empty(chain.map_err(|cause| cause.to_string())?)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|cause| format!("the key: {cause}"))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|cause| format!("they do not belong together: {cause}"))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|cause| cause.to_string())?;
    not_empty(certificates.collect::<Result<Vec<_>, _>>().map_err(|cause| cause.to_string())?)
}

fn not_empty(certificates: Vec<CertificateDer<'static>>) -> Result<Vec<CertificateDer<'static>>, String> {
    match certificates.is_empty() {
        true => Err("there is no certificate in it".to_owned()),
        false => Ok(certificates),
    }
}
