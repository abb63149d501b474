//! `wisteria:eventstreams`: streams of events that are kept in order, read again, and delivered.
//!
//! A stream is there from its first event on. Its events have positions: they grow from event to event, start above 0,
//! and may leave gaps. How long events are kept is the link's affair. A stream's name is a text of 1 to 256 bytes, a
//! subscription's one of up to 256.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wisteria:eventstreams";

/// Operations. Single values go in bare.
pub mod operation {
    /// [`AppendRequest`](super::AppendRequest) → [`AppendResponse`](super::AppendResponse), once the event is kept;
    /// called by the actor, as are all but the last.
    pub const APPEND: &str = "EventStreams.Append";
    /// [`ReadRequest`](super::ReadRequest) → [`ReadResponse`](super::ReadResponse).
    pub const READ: &str = "EventStreams.Read";
    /// Stream → [`StreamInfo`](super::StreamInfo).
    pub const GET_INFO: &str = "EventStreams.GetInfo";
    /// [`SubscribeRequest`](super::SubscribeRequest) → [`SubscribeResponse`](super::SubscribeResponse).
    pub const SUBSCRIBE: &str = "EventStreams.Subscribe";
    /// [`Subscription`](super::Subscription) → whether there was one. Its place in the stream is forgotten.
    pub const UNSUBSCRIBE: &str = "EventStreams.Unsubscribe";
    /// [`Delivery`](super::Delivery) → nothing; called by the provider. An error has it come again, before any later
    /// event of that subscription.
    pub const HANDLE_EVENT: &str = "EventSubscriber.HandleEvent";
}

/// How long the name of a stream or a subscription may be, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 256;
/// How many events a read answers where its limit is 0.
pub const DEFAULT_READ_LIMIT: u32 = 100;
/// How many events a read answers at most.
pub const MAX_READ_LIMIT: u32 = 1_000;

/// Adds an event to the end of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AppendRequest {
    /// The stream.
    pub stream: String,
    /// What kind of event it is, `order.placed`. Means nothing to the provider.
    #[serde(rename = "type", default)]
    pub event_type: String,
    /// The event.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub data: Vec<u8>,
    /// Appends only if this is the position of the stream's last event; 0 if it must have had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_position: Option<u64>,
}

/// What became of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AppendResponse {
    /// Whether it was appended; if not, the stream's last position is not the expected one.
    pub appended: bool,
    /// The event's position; if it was not appended, that of the stream's last event.
    pub position: u64,
}

/// Reads events in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadRequest {
    /// The stream.
    pub stream: String,
    /// Starts with the first event that is kept after this position; 0 for the beginning.
    #[serde(default)]
    pub after: u64,
    /// How many events at most; 100 for 0, and never more than 1,000.
    #[serde(default)]
    pub limit: u32,
}

/// Events of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadResponse {
    /// The events, fewer than asked for where they would be too large for one answer. None for an unknown stream.
    pub events: Vec<Event>,
    /// Whether there are none after these yet. If not, at least one is here.
    pub is_last: bool,
}

/// An event that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its position in its stream.
    pub position: u64,
    /// When it was appended, in milliseconds since 1970, by the clock of who keeps it.
    pub time: u64,
    /// What kind of event it is.
    #[serde(rename = "type", default)]
    pub event_type: String,
    /// The event.
    #[serde(with = "serde_bytes", default)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Bytes"))]
    pub data: Vec<u8>,
}

/// Where a stream begins and ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StreamInfo {
    /// The position of the oldest event that is kept; 0 if none is.
    pub first_position: u64,
    /// The position of the last event that was appended, kept or not; 0 if none ever was.
    pub last_position: u64,
}

/// Has events delivered to the actor, in order and one at a time, each at least once. A subscription belongs to the
/// actor and its link, outlives restarts, and ends with the link or when it is told to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscribeRequest {
    /// The stream, which need not have an event yet.
    pub stream: String,
    /// The name that tells several subscriptions of one actor to one stream apart.
    #[serde(default)]
    pub subscription: String,
    /// Starts with the first event that is kept after this position, 0 for the beginning; without it, with the next that
    /// is appended. A subscription that is there goes on where it is instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Where a subscription is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscribeResponse {
    /// Whether it is new.
    pub created: bool,
    /// The position after which it delivers.
    pub position: u64,
}

/// Names a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscription {
    /// The stream.
    pub stream: String,
    /// The subscription's name.
    #[serde(default)]
    pub subscription: String,
}

/// An event for a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// The stream.
    pub stream: String,
    /// The subscription's name.
    #[serde(default)]
    pub subscription: String,
    /// The event.
    pub event: Event,
    /// How often it was sent before without an answer that it was handled. After a crash of the provider this starts anew.
    #[serde(default)]
    pub redeliveries: u32,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Streams of events that are kept in order")
        .by_actor::<AppendRequest, AppendResponse>(operation::APPEND, "Adds an event to the end of a stream.")
        .by_actor::<ReadRequest, ReadResponse>(operation::READ, "The events of a stream after a position.")
        .by_actor::<String, StreamInfo>(operation::GET_INFO, "Where a stream begins and ends.")
        .by_actor::<SubscribeRequest, SubscribeResponse>(operation::SUBSCRIBE, "Has the events of a stream delivered.")
        .by_actor::<Subscription, bool>(operation::UNSUBSCRIBE, "Ends a subscription; answers whether there was one.")
        .by_provider::<Delivery, ()>(operation::HANDLE_EVENT, "An event for a subscription.")
}
