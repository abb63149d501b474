//! Publish, subscribe with queue groups, request and reply over subjects, with NATS semantics.

mod inbox;
mod local;
mod mailbox;
mod message;
mod passing;
mod router;
mod subject;
#[cfg(test)]
mod tests;
mod tree;

pub use inbox::{Inbox, OpenRequest, Status};
pub use local::{DEFAULT_MAX_PAYLOAD, LocalBus};
pub use mailbox::Mailbox;
pub use message::{Headers, Message};
pub use passing::{Passing, ReadMessage, SubjectRef};
pub use router::{Delivery, ROUTES_BOUND, Router, Routes, Sink, SubscriptionId};
pub use subject::{Subject, SubjectError, SubjectPattern, is_of_users};

use std::{
    fmt::Debug,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, channel::mpsc};
use thiserror::Error;

use crate::platform::{BoxFuture, MaybeSend, MaybeSync, millis};

/// The way messages travel between hosts. Three kinds: in-process, bridge client, NATS.
pub trait Bus: Debug + MaybeSend + MaybeSync + 'static {
    /// Hands a message to the bus. `Ok` means taken over, not delivered; messages of one caller keep their order.
    fn publish(&self, message: Message) -> Result<(), BusError>;

    /// Receives what is published on a subject or a pattern (`*` one token, `>` the rest). Of the members of one
    /// `queue` group exactly one gets each message. Dropping the subscription ends it. When this returns, the
    /// subscription precedes any later publish of the same caller.
    fn subscribe(&self, pattern: SubjectPattern, queue: Option<&str>) -> Result<Subscription, BusError>;

    /// Returns once a pattern that was subscribed to is heard. A connection that is away says so when it is back.
    /// [`BusError::NotPermitted`] where whoever is at the other end does not let this client hear it.
    fn confirm<'a>(&'a self, _pattern: &'a str) -> BoxFuture<'a, Result<(), BusError>> {
        Box::pin(async { Ok(()) })
    }

    /// Publishes with a reply subject of its own and waits for the first reply.
    /// [`BusError::NoResponders`] comes at once where nobody subscribes to the subject.
    fn request(&self, message: Message, timeout: Duration) -> BoxFuture<'_, Result<Message, BusError>>;

    /// A subject of this bus alone, on which several replies to one message can be gathered.
    fn new_inbox(&self) -> Subject;

    /// Whether what is published reaches others now.
    fn is_connected(&self) -> bool {
        true
    }

    /// Whether it has a connection that [`Bus::cut_off`] can end.
    fn can_be_cut_off(&self) -> bool {
        false
    }

    /// Loses its connection in a moment, once what was published before has left, and makes none for so long.
    fn cut_off(&self, _duration: Duration) {}

    /// Largest payload that one message may carry, in bytes.
    fn max_payload(&self) -> usize;
}

/// A running subscription: a stream of messages that ends with the connection.
///
/// At most [`SUBSCRIPTION_BOUND`] messages wait in it; what comes beyond is dropped and counted by the bus, as with
/// any slow consumer.
pub struct Subscription {
    messages: mpsc::Receiver<Message>,
    end: Option<Box<dyn EndSubscription>>,
}

/// What ends a subscription when it is dropped.
pub trait EndSubscription: MaybeSend + MaybeSync {
    /// Called once.
    fn end(&mut self);
}

/// How many messages may wait in one subscription.
pub const SUBSCRIPTION_BOUND: usize = 8192;

impl Subscription {
    /// Joins the receiving end with what must happen when it is dropped.
    pub fn new(messages: mpsc::Receiver<Message>, end: Box<dyn EndSubscription>) -> Self {
        Self { messages, end: Some(end) }
    }

    /// Ends the subscription; what has already arrived can still be read.
    pub fn close(&mut self) {
        if let Some(mut end) = self.end.take() {
            end.end();
        }
        self.messages.close();
    }

    /// The next message, or nothing when the connection is closed for good.
    pub async fn next(&mut self) -> Option<Message> {
        self.messages.next().await
    }
}

impl futures::Stream for Subscription {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.messages.poll_next_unpin(context)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(mut end) = self.end.take() {
            end.end();
        }
    }
}

impl Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

/// Why the bus did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BusError {
    /// Nobody subscribes to the subject.
    #[error("nobody subscribes to {0}")]
    NoResponders(String),
    /// No reply came in time.
    #[error("no reply on {subject} within {} ms", millis(*timeout))]
    Timeout {
        /// The subject asked.
        subject: String,
        /// How long was waited.
        timeout: Duration,
    },
    /// Whoever got the request went away before answering it.
    #[error("the host that served {0} went away; it may have handled the request")]
    HostLost(String),
    /// The payload is larger than the bus carries.
    #[error("a payload of {size} bytes is above the limit of {limit} bytes")]
    PayloadTooLarge {
        /// What was given.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// This client may not hear that.
    #[error("this client may not subscribe to {0}")]
    NotPermitted(String),
    /// This client may not say that.
    #[error("this client may not publish to {0}")]
    MayNotPublish(String),
    /// The connection is closed, or cannot be made.
    #[error("the lattice cannot be reached: {0}")]
    Closed(String),
    /// More waits to be sent than may wait.
    #[error("more than {limit} bytes wait to be sent; the other side does not keep up")]
    Backlog {
        /// The bound.
        limit: usize,
    },
    /// The subject or pattern is not well-formed.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

/// The body of a message together with its subject, for callers that publish plain bytes.
pub fn message(subject: Subject, payload: impl Into<Bytes>) -> Message {
    Message { subject, reply: None, headers: Headers::default(), payload: payload.into() }
}
