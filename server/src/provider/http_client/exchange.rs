//! One request of an actor, from the URL it asks for to the end of the response: redirects are followed here, so that each
//! of them is checked as the first URL is.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use reqwest::{
    Client, Method, Response, StatusCode, Url,
    header::{self, HeaderMap},
};
use tokio::time::timeout;
use wisteria_contracts::httpclient::{HttpRequest, HttpResponse};
use wisteria_core::provider::ProviderError;

use super::{
    addresses::PrivateAddress,
    allow::{AllowList, Shown},
    headers,
};

/// What a link is, once its values are read.
pub(super) struct Linked {
    pub(super) allow: AllowList,
    /// Sent with requests to the origin that the actor asks for.
    pub(super) credentials: HeaderMap,
    pub(super) patience: Duration,
    /// Most bytes of a response's body.
    pub(super) max_body: u64,
    /// How many redirects are followed; with none, they are answers like others.
    pub(super) redirects: u64,
    /// Has connections of this link only, to addresses that the link lets names stand for.
    pub(super) client: Client,
}

impl Linked {
    /// Sends a request and takes the response, whatever its status.
    pub(super) async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let late = |_| {
            Err(ProviderError::Unavailable(format!(
                "the server did not answer within {} ms; see that it is well, or give the link a longer TIMEOUT",
                self.patience.as_millis()
            )))
        };
        timeout(self.patience, self.follow(Step::first(request)?)).await.unwrap_or_else(late)
    }

    async fn follow(&self, mut step: Step) -> Result<HttpResponse, ProviderError> {
        let mut followed = 0;
        loop {
            self.allow.check(&step.url).map_err(ProviderError::Failed)?;
            let response = self.send(&step).await?;
            match step.next(&response) {
                Some(_) if followed == self.redirects && self.redirects > 0 => {
                    return Err(ProviderError::Failed(format!(
                        "{} redirects once more after {followed} times; ask for its last URL, or raise the link's REDIRECTS",
                        Shown(&step.url)
                    )));
                }
                Some(next) if self.redirects > 0 => step = next?,
                _ => return self.take(&step.url, response).await,
            }
            followed += 1;
        }
    }

    async fn send(&self, step: &Step) -> Result<Response, ProviderError> {
        let mut headers = step.headers.clone();
        if step.is_at_home {
            // They take the place of what the actor says under the same names.
            for name in self.credentials.keys() {
                headers.remove(name);
            }
            headers.extend(self.credentials.clone());
        }
        let request = self.client.request(step.method.clone(), step.url.clone()).headers(headers);
        request.body(step.body.clone()).send().await.map_err(|error| failed(&step.url, error))
    }

    async fn take(&self, url: &Url, mut response: Response) -> Result<HttpResponse, ProviderError> {
        let too_large = || {
            ProviderError::Failed(format!(
                "the response of {} is larger than {} bytes; ask for less, or raise the link's MAX_BODY",
                Shown(url),
                self.max_body
            ))
        };
        let limit = usize::try_from(self.max_body).unwrap_or(usize::MAX);
        if response.content_length().is_some_and(|length| length > self.max_body) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(url, error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let header = headers::incoming(std::mem::take(response.headers_mut()));
        Ok(HttpResponse { status_code: response.status().as_u16(), header, body })
    }
}

/// A request on the way to a response.
#[derive(Debug)]
struct Step {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    /// Whether it has never left the origin that the actor asked for.
    is_at_home: bool,
}

impl Step {
    fn first(request: HttpRequest) -> Result<Self, ProviderError> {
        let refused = |why: String| ProviderError::Failed(format!("the request cannot be sent: {why}"));
        let method: Method =
            request.method.parse().map_err(|_| refused(format!("\"{}\" is no method", request.method)))?;
        if matches!(method, Method::CONNECT | Method::TRACE) || method.as_str() == "TRACK" {
            return Err(refused(format!("{method} is for proxies and not for actors")));
        }
        if matches!(method, Method::GET | Method::HEAD) && !request.body.is_empty() {
            return Err(refused(format!("{method} has no body; use POST, or leave the body out")));
        }
        let mut url: Url = request.url.parse().map_err(|cause| refused(format!("its URL cannot be read: {cause}")))?;
        url.set_fragment(None);
        let headers = headers::outgoing(request.headers).map_err(refused)?;
        Ok(Self { method, url, headers, body: request.body.into(), is_at_home: true })
    }

    /// What follows where the response is a redirect, by the rules of the Fetch standard.
    fn next(&self, response: &Response) -> Option<Result<Self, ProviderError>> {
        let status = response.status();
        let redirects = matches!(
            status,
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let location = response.headers().get(header::LOCATION).filter(|_| redirects)?;
        let to = std::str::from_utf8(location.as_bytes()).ok().and_then(|text| self.url.join(text).ok());
        let Some(mut url) = to else {
            let from = Shown(&self.url);
            return Some(Err(ProviderError::Failed(format!("{from} redirects to what is no URL; tell its owner"))));
        };
        url.set_fragment(None);
        let mut next =
            Self { url, method: self.method.clone(), headers: self.headers.clone(), body: self.body.clone(), ..*self };
        let becomes_get = match status {
            StatusCode::SEE_OTHER => !matches!(self.method, Method::GET | Method::HEAD),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            next.method = Method::GET;
            next.body = Bytes::new();
            headers::drop_body(&mut next.headers);
        }
        if next.url.origin() != self.url.origin() {
            next.is_at_home = false;
            headers::drop_credentials(&mut next.headers);
        }
        Some(Ok(next))
    }
}

/// Why there is no response.
fn failed(url: &Url, error: reqwest::Error) -> ProviderError {
    // The URL may hold secrets.
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
        if let Some(private) = cause.downcast_ref::<PrivateAddress>() {
            return ProviderError::Failed(private.to_string());
        }
    }
    let origin = url.origin().ascii_serialization();
    let way = if error.is_connect() { "cannot be reached" } else { "does not answer as an HTTP server does" };
    ProviderError::Unavailable(format!("{origin} {way}: {cause}; see that it runs there"))
}
