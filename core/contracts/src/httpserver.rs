//! `wasmcloud:httpserver`: requests that a provider hands to an actor, and, as Wisteria's own, WebSockets.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:httpserver";

/// Operations. Those of WebSockets are Wisteria's own, for links that ask for them; single values go in bare.
pub mod operation {
    /// [`HttpRequest`](super::HttpRequest) → [`HttpResponse`](super::HttpResponse); called by the provider.
    pub const HANDLE_REQUEST: &str = "HttpServer.HandleRequest";
    /// [`WebSocketOpened`](super::WebSocketOpened) → whether the actor takes it; called by the provider.
    pub const WEBSOCKET_OPENED: &str = "WebSocket.Opened";
    /// [`WebSocketMessage`](super::WebSocketMessage) → nothing; called by the provider. An error ends the session.
    pub const WEBSOCKET_RECEIVED: &str = "WebSocket.Received";
    /// Session → nothing; called by the provider. An actor need not know it: an error changes nothing.
    pub const WEBSOCKET_CLOSED: &str = "WebSocket.Closed";
    /// [`WebSocketMessage`](super::WebSocketMessage) → whether the session was open; called by the actor.
    pub const WEBSOCKET_SEND: &str = "WebSocket.Send";
    /// [`WebSocketClose`](super::WebSocketClose) → whether the session was open; called by the actor.
    pub const WEBSOCKET_CLOSE: &str = "WebSocket.Close";
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

/// A client asks for a WebSocket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WebSocketOpened {
    /// The session, by a name that no other has, earlier ones included.
    pub session: String,
    /// The path, from `/` on, without query.
    #[serde(default)]
    pub path: String,
    /// The query, without `?`.
    #[serde(default)]
    pub query_string: String,
    /// Headers, names in lower case.
    #[serde(default)]
    pub header: Headers,
}

/// A message from or to a client: either text or bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebSocketMessage {
    /// The session.
    pub session: String,
    /// The text, of one that is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The bytes, of one that is none.
    #[serde(with = "serde_bytes", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Bytes>"))]
    pub bytes: Option<Vec<u8>>,
}

/// The end of a session, after what was sent before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebSocketClose {
    /// The session.
    pub session: String,
    /// What the client is told: 1000, which is the default, or 3000 to 4999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// A reason in at most 123 bytes.
    #[serde(default)]
    pub reason: String,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Requests that reach actors")
        .by_provider::<HttpRequest, HttpResponse>(operation::HANDLE_REQUEST, "Answers a request.")
        .by_provider::<WebSocketOpened, bool>(
            operation::WEBSOCKET_OPENED,
            "A client asks for a WebSocket; answers whether the actor takes it.",
        )
        .by_provider::<WebSocketMessage, ()>(operation::WEBSOCKET_RECEIVED, "A message from a client, in order.")
        .by_provider::<String, ()>(operation::WEBSOCKET_CLOSED, "A session ended.")
        .by_actor::<WebSocketMessage, bool>(
            operation::WEBSOCKET_SEND,
            "Sends a message to a client; answers whether the session was open.",
        )
        .by_actor::<WebSocketClose, bool>(
            operation::WEBSOCKET_CLOSE,
            "Ends a session after what was sent; answers whether it was open.",
        )
}
