//! `wasmcloud:httpserver`: requests that a provider hands to an actor.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:httpserver";

/// Operations, called by the provider.
pub mod operation {
    /// [`HttpRequest`](super::HttpRequest) → [`HttpResponse`](super::HttpResponse).
    pub const HANDLE_REQUEST: &str = "HttpServer.HandleRequest";
}

/// Header names with their values.
pub type Headers = HashMap<String, Vec<String>>;

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// `GET`, `POST` …
    #[serde(default)]
    pub method: String,
    /// The path, from `/` on, without query.
    #[serde(default)]
    pub path: String,
    /// The query, without `?`.
    #[serde(default)]
    pub query_string: String,
    /// Headers, names in lower case.
    #[serde(default)]
    pub header: Headers,
    /// The body.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// The status, 200 to 999.
    #[serde(default = "ok")]
    pub status_code: u16,
    /// Headers.
    #[serde(default)]
    pub header: Headers,
    /// The body.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
}

impl Default for HttpResponse {
    /// 200 without headers and body.
    fn default() -> Self {
        Self { status_code: ok(), header: Headers::new(), body: Vec::new() }
    }
}

fn ok() -> u16 {
    200
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Requests that reach actors")
        .to_actor::<HttpRequest, HttpResponse>(operation::HANDLE_REQUEST, "Answers a request.")
}
