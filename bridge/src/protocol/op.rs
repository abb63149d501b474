//! The operations of the protocol, as values.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use wisteria_core::bus::{Message, SubjectPattern};

/// What a client says.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientOp {
    /// `CONNECT`: who it is and what it can do.
    Connect(Box<ConnectOptions>),
    /// `PUB` or `HPUB`.
    Publish(Message),
    /// `SUB`.
    Subscribe {
        /// The client's name for the subscription.
        sid: Sid,
        /// What it listens to.
        pattern: SubjectPattern,
        /// The queue group.
        queue: Option<String>,
    },
    /// `UNSUB`.
    Unsubscribe {
        /// The client's name for the subscription.
        sid: Sid,
        /// After how many messages in all it ends; at once without.
        max: Option<u64>,
    },
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
}

/// What a server says.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerOp {
    /// `INFO`: who it is and what it allows.
    Info(Box<ServerInfo>),
    /// `MSG` or `HMSG`.
    Message {
        /// The client's name for the subscription.
        sid: Sid,
        /// What was published.
        message: Message,
    },
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
    /// `+OK`, to clients that asked for it.
    Ok,
    /// `-ERR` with its text.
    Error(String),
}

/// A client's name for one of its subscriptions; a number mostly, any token in principle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sid(Arc<str>);

impl Sid {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sid {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fields of `CONNECT` that are of use here. Others are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default = "ConnectOptions::unsaid")]
pub struct ConnectOptions {
    /// Answer every operation with `+OK`.
    pub verbose: bool,
    /// Complain of messages whose subject is none; else they are lost in silence, as nobody can have subscribed to it.
    pub pedantic: bool,
    /// Deliver the client's own messages to its own subscriptions.
    pub echo: bool,
    /// The client reads headers.
    pub headers: bool,
    /// Tell requesters at once when nobody subscribes; needs `headers`.
    pub no_responders: bool,
    /// The client's name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language of the client library.
    pub lang: String,
    /// The version of the client library.
    pub version: String,
    /// 1 where the client takes an `INFO` at any time.
    pub protocol: u8,
    /// Who the client is.
    #[serde(flatten)]
    pub auth: Auth,
}

/// The fields of `CONNECT` that prove who the client is. Debug shows which are there.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Auth {
    /// A token that all clients share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_token: Option<String>,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// The user's claims, signed by its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<String>,
    /// The user's public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nkey: Option<String>,
    /// The user's signature over the server's nonce, in base64 for URLs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sig: Option<String>,
    /// The client's providers, each with its signature over the server's nonce.
    #[serde(rename = "wisteria_providers", skip_serializing_if = "BTreeMap::is_empty")]
    pub providers: BTreeMap<String, String>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("user", &self.user).field("nkey", &self.nkey).finish_non_exhaustive()
    }
}

impl ConnectOptions {
    /// What holds for a client as long as it does not say otherwise.
    pub(crate) fn unsaid() -> Self {
        Self { verbose: true, pedantic: true, ..Self::default() }
    }
}

impl Default for ConnectOptions {
    /// What our clients say.
    fn default() -> Self {
        Self {
            verbose: false,
            pedantic: false,
            echo: true,
            headers: false,
            no_responders: false,
            name: None,
            lang: String::new(),
            version: String::new(),
            protocol: 0,
            auth: Auth::default(),
        }
    }
}

/// The fields of `INFO` that are of use here. Others are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerInfo {
    /// Names the server's process.
    pub server_id: String,
    /// The server's name, for people.
    pub server_name: String,
    /// The server's version.
    pub version: String,
    /// 1: takes the whole of the present protocol.
    pub proto: u8,
    /// Where the server listens, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The server speaks headers.
    pub headers: bool,
    /// Largest payload with headers, in bytes.
    pub max_payload: usize,
    /// The server's number for the connection.
    pub client_id: u64,
    /// The client's address, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    /// What a client with a key signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Clients must say who they are.
    #[serde(skip_serializing_if = "is_false")]
    pub auth_required: bool,
    /// The server is about to stop: clients go elsewhere.
    #[serde(skip_serializing_if = "is_false")]
    pub ldm: bool,
    /// The connection goes on under TLS.
    #[serde(skip_serializing_if = "is_false")]
    pub tls_required: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
