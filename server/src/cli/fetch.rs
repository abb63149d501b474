//! Modules at addresses of the web.

use std::{error::Error, iter::successors, path::Path, time::Duration};

use reqwest::{StatusCode, Url};
use thiserror::Error;
use wisteria_bridge::transports::native::{Tls, TlsError};

/// How long it may take, in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a module has at most, in bytes.
const LIMIT: usize = 64 << 20;

/// Why a module was not fetched. Addresses are shown without what lets in: no password, and nothing of a query.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("it is no address of the web: {0}; write it as https://HOST/PATH")]
    Address(String),
    #[error(
        "{address} cannot be fetched: {cause}; check the address, and --tls-ca where an authority of yours signed for it"
    )]
    Unreachable { address: Url, cause: String },
    #[error("{address} answered {status}; check the address")]
    Refused { address: Url, status: StatusCode },
    #[error("{address} has more than {LIMIT} bytes, which is no module; check the address")]
    TooLarge { address: Url },
}

/// Whether an image is at an address of the web.
pub(super) fn is_address(image: &str) -> bool {
    image.starts_with("https://") || image.starts_with("http://")
}

/// What is at `address`; TLS trusts the authorities in `tls_ca`, too.
pub(super) async fn fetch(address: &str, tls_ca: Option<&Path>) -> Result<Vec<u8>, FetchError> {
    let tls = tls_ca.map_or_else(|| Ok(Tls::default()), Tls::with_authorities)?;
    let url = Url::parse(address).map_err(|error| FetchError::Address(error.to_string()))?;
    let address = shown(&url);
    let failed = |error: reqwest::Error| {
        // What is above the last cause only says that something did not work.
        let causes = successors(Some(&error as &dyn Error), |cause| (**cause).source());
        let cause = causes.last().map(ToString::to_string).unwrap_or_default();
        FetchError::Unreachable { address: address.clone(), cause }
    };
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured((*tls.config()).clone())
        // Nobody who redirects makes less of it.
        .https_only(url.scheme() == "https")
        .timeout(PATIENCE)
        .build()
        .map_err(failed)?;
    let mut response = client.get(url).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(FetchError::Refused { address, status: response.status() });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > LIMIT {
            return Err(FetchError::TooLarge { address });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn shown(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_username("").and_then(|()| shown.set_password(None)).expect("an address of the web has a host");
    shown.set_query(None);
    shown.set_fragment(None);
    shown
}
