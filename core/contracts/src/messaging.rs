//! `wasmcloud:messaging`: messages on subjects outside the lattice.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:messaging";

/// Operations.
pub mod operation {
    /// [`PubMessage`](super::PubMessage) → nothing; called by the actor.
    pub const PUBLISH: &str = "Messaging.Publish";
    /// [`RequestMessage`](super::RequestMessage) → [`ReplyMessage`](super::ReplyMessage); called by the actor.
    pub const REQUEST: &str = "Messaging.Request";
    /// [`SubMessage`](super::SubMessage) → nothing; called by the provider.
    pub const HANDLE_MESSAGE: &str = "MessageSubscriber.HandleMessage";
}

/// A message to publish.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PubMessage {
    /// Where it goes.
    pub subject: String,
    /// Where replies go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The body.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
}

/// A message that arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SubMessage {
    /// Where it was published.
    pub subject: String,
    /// Where replies go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The body.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
}

/// A reply to a request.
pub type ReplyMessage = SubMessage;

/// A message to be answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestMessage {
    /// Where it goes.
    pub subject: String,
    /// The body.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub body: Vec<u8>,
    /// Milliseconds to wait for the reply.
    pub timeout_ms: u32,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Messages on subjects outside of the lattice")
        .by_actor::<PubMessage, ()>(operation::PUBLISH, "Publishes a message.")
        .by_actor::<RequestMessage, ReplyMessage>(operation::REQUEST, "Publishes a message and waits for its reply.")
        .by_provider::<SubMessage, ()>(operation::HANDLE_MESSAGE, "A message on a subject that the link names.")
}
