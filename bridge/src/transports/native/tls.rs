//! TLS for clients: who is trusted, and the step from a plain socket to a protected one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::transports::TransportError;

/// Which authorities are trusted: those of the system, and others where they are named. Clones share what was read.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    others: Vec<CertificateDer<'static>>,
    /// Made for the first connection that needs it.
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// Why authorities cannot be trusted.
#[derive(Debug, Error)]
#[error("{} holds no certificates in PEM: {cause}; name the file of the authority that signed the server's", path.display())]
pub struct TlsError {
    path: PathBuf,
    cause: String,
}

impl Tls {
    /// Trusts the authorities in a PEM file beside those of the system.
    ///
    /// # Errors
    /// The file cannot be read, or holds none.
    pub fn with_authorities(path: &Path) -> Result<Self, TlsError> {
        let error = |cause: String| TlsError { path: path.to_owned(), cause };
        let pem = fs::read(path).map_err(|cause| error(cause.to_string()))?;
        Self::with_authorities_in(&pem).map_err(error)
    }

    /// Trusts the authorities in a text in PEM beside those of the system.
    ///
    /// # Errors
    /// Why there are none in it.
    pub fn with_authorities_in(pem: &[u8]) -> Result<Self, String> {
        let certificates = CertificateDer::pem_slice_iter(pem);
        let others = certificates.collect::<Result<Vec<_>, _>>().map_err(|cause| cause.to_string())?;
        if others.is_empty() {
            return Err("there is none in it".to_owned());
        }
        let mut probe = RootCertStore::empty();
        for certificate in &others {
            probe.add(certificate.clone()).map_err(|cause| cause.to_string())?;
        }
        Ok(Self { others, config: Arc::default() })
    }

    /// Protects a socket to a host, which must prove its name.
    ///
    /// # Errors
    /// It does not prove its name, or speaks no TLS.
    pub async fn protect<S>(&self, host: &str, socket: S) -> Result<TlsStream<S>, TransportError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TransportError(format!("\"{host}\" is no name that a certificate could prove")))?;
        TlsConnector::from(self.config()).connect(name, socket).await.map_err(|cause| {
            TransportError(format!(
                "TLS with {host} failed: {cause}; where its authority is not the system's, name it with --tls-ca"
            ))
        })
    }

    /// How a client speaks TLS with whom it trusts. Reads the system's authorities when it is asked first.
    pub fn config(&self) -> Arc<ClientConfig> {
        self.config.get_or_init(|| Arc::new(self.read())).clone()
    }

    fn read(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in system.errors {
            tracing::warn!(%error, "some of the system's trusted authorities cannot be read");
        }
        roots.add_parsable_certificates(system.certs.into_iter().chain(self.others.clone()));
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}
