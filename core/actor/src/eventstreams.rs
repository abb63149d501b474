//! `wisteria:eventstreams`: streams of events that are kept in order, read again, and delivered.
//!
//! Events of subscriptions arrive as the operation `EventSubscriber.HandleEvent`, with a [`Delivery`]:
//!
//! ```
//! use wisteria_actor::{Result, eventstreams::{self, Delivery}, handlers};
//!
//! handlers! {
//!     "Orders.Follow" => follow,
//!     "EventSubscriber.HandleEvent" => handle,
//! }
//!
//! fn follow(_: ()) -> Result<()> {
//!     eventstreams::default().subscribe("orders", "", Some(0)).map(drop)
//! }
//!
//! fn handle(delivery: Delivery) -> Result<()> {
//!     eventstreams::default().append("seen", "order.seen", &delivery.event.data).map(drop)
//! }
//! ```

use wisteria_contracts::eventstreams::{
    AppendRequest, CONTRACT, ReadRequest, SubscribeRequest, Subscription, operation,
};
pub use wisteria_contracts::eventstreams::{
    AppendResponse, Delivery, Event, ReadResponse, StreamInfo, SubscribeResponse,
};

use crate::{Result, call::call_provider};

/// Streams of events, wherever the link leads.
#[derive(Debug, Clone, Copy)]
pub struct EventStreams<'a> {
    link_name: &'a str,
}

/// The streams linked under the name `default`.
pub fn default() -> EventStreams<'static> {
    linked("default")
}

/// The streams linked under a name.
pub fn linked(link_name: &str) -> EventStreams<'_> {
    EventStreams { link_name }
}

impl EventStreams<'_> {
    /// Adds an event to the end of a stream, and returns its position once it is kept.
    ///
    /// # Errors
    /// It is too large, or the store failed.
    pub fn append(&self, stream: &str, event_type: &str, data: &[u8]) -> Result<u64> {
        Ok(self.add(stream, event_type, data, None)?.position)
    }

    /// The same only if the stream's last event has that position, or with 0, if it never had one.
    ///
    /// # Errors
    /// It is too large, or the store failed.
    pub fn append_if(&self, stream: &str, event_type: &str, data: &[u8], last: u64) -> Result<AppendResponse> {
        self.add(stream, event_type, data, Some(last))
    }

    fn add(&self, stream: &str, event_type: &str, data: &[u8], expected: Option<u64>) -> Result<AppendResponse> {
        let argument = AppendRequest {
            stream: stream.to_owned(),
            event_type: event_type.to_owned(),
            data: data.to_vec(),
            expected_position: expected,
        };
        call_provider(self.link_name, CONTRACT, operation::APPEND, &argument)
    }

    /// Events after a position, up to `limit` of them; 0 stands for 100.
    ///
    /// # Errors
    /// The store failed.
    pub fn read(&self, stream: &str, after: u64, limit: u32) -> Result<ReadResponse> {
        let argument = ReadRequest { stream: stream.to_owned(), after, limit };
        call_provider(self.link_name, CONTRACT, operation::READ, &argument)
    }

    /// Where a stream begins and ends.
    ///
    /// # Errors
    /// The store failed.
    pub fn info(&self, stream: &str) -> Result<StreamInfo> {
        call_provider(self.link_name, CONTRACT, operation::GET_INFO, stream)
    }

    /// Has the events after a position delivered, or without one, those that come from now on. A subscription of that name
    /// that is there goes on where it is.
    ///
    /// # Errors
    /// The link has too many, or the store failed.
    pub fn subscribe(&self, stream: &str, subscription: &str, after: Option<u64>) -> Result<SubscribeResponse> {
        let argument = SubscribeRequest { stream: stream.to_owned(), subscription: subscription.to_owned(), after };
        call_provider(self.link_name, CONTRACT, operation::SUBSCRIBE, &argument)
    }

    /// Ends a subscription; whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub fn unsubscribe(&self, stream: &str, subscription: &str) -> Result<bool> {
        let argument = Subscription { stream: stream.to_owned(), subscription: subscription.to_owned() };
        call_provider(self.link_name, CONTRACT, operation::UNSUBSCRIBE, &argument)
    }
}
