//! Modules at addresses of the web.

use std::{error::Error, path::Path, time::Duration};

use thiserror::Error;
use wisteria_bridge::transports::native::{Tls, TlsError};

/// How long it may take, in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a module has at most, in bytes.
const LIMIT: usize = 64 << 20;

/// Why a module was not fetched.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(
        "{address} cannot be fetched: {cause}; check the address, and --tls-ca where an authority of yours signed for it"
    )]
    Unreachable { address: String, cause: String },
    #[error("{address} answered {status}; check the address")]
    Refused { address: String, status: reqwest::StatusCode },
    #[error("{address} has more than {LIMIT} bytes, which is no module; check the address")]
    TooLarge { address: String },
}

/// Whether an image is at an address of the web.
pub(super) fn is_address(image: &str) -> bool {
    image.starts_with("https://") || image.starts_with("http://")
}

/// What is at `address`; TLS trusts the authorities in `tls_ca`, too.
pub(super) async fn fetch(address: &str, tls_ca: Option<&Path>) -> Result<Vec<u8>, FetchError> {
    let tls = tls_ca.map_or_else(|| Ok(Tls::default()), Tls::with_authorities)?;
    let failed = |error: reqwest::Error| {
        let cause = innermost(&error).to_string();
        FetchError::Unreachable { address: address.to_owned(), cause }
    };
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured((*tls.config()).clone())
        .timeout(PATIENCE)
        .build()
        .map_err(failed)?;
    let mut response = client.get(address).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(FetchError::Refused { address: address.to_owned(), status: response.status() });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > LIMIT {
            return Err(FetchError::TooLarge { address: address.to_owned() });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What lies at the bottom of an error: what is above only says that something did not work.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error.source().map_or(error, innermost)
}
