//! `wasmcloud:httpclient`: requests that an actor sends out.

use serde::{Deserialize, Serialize};

pub use crate::httpserver::{Headers, HttpResponse};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:httpclient";

/// Operations, called by the actor.
pub mod operation {
    /// [`HttpRequest`](super::HttpRequest) → [`HttpResponse`](super::HttpResponse), whatever its status.
    pub const REQUEST: &str = "HttpClient.Request";
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HttpRequest {
    /// `GET`, `POST` …
    #[serde(default = "get")]
    pub method: String,
    /// Where it goes, with scheme and query.
    #[serde(default)]
    pub url: String,
    /// Headers.
    #[serde(default)]
    pub headers: Headers,
    /// The body.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
}

impl Default for HttpRequest {
    /// `GET` without URL, headers and body.
    fn default() -> Self {
        Self { method: get(), url: String::new(), headers: Headers::new(), body: Vec::new() }
    }
}

fn get() -> String {
    "GET".to_owned()
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Requests that actors send out").by_actor::<HttpRequest, HttpResponse>(
        operation::REQUEST,
        "Sends a request and answers its response, whatever the status.",
    )
}
