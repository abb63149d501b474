//! What a product must do to hold streams.

use std::{fmt::Debug, time::Duration};

use wisteria_contracts::eventstreams::{
    AppendRequest, AppendResponse, Event, ReadRequest, ReadResponse, StreamInfo, SubscribeRequest, SubscribeResponse,
    Subscription,
};
use wisteria_core::{platform::BoxFuture, provider::ProviderError};

use super::{receiver::DELIVERY, wakes::Wakes};

/// How many bytes of events an answer holds; a single event may have more.
pub(super) const MAX_READ_BYTES: u64 = 1 << 20;
/// How many subscriptions a link has at most.
pub(super) const MAX_SUBSCRIPTIONS: u64 = 1_000;
/// For how long one of several hosts keeps a subscription to itself after it last asked for an event.
pub(super) const LEASE: Duration = DELIVERY.saturating_mul(2);

/// An answer in time.
pub(super) type Answer<'a, T> = BoxFuture<'a, Result<T, ProviderError>>;

/// The streams that a link leads to, and its subscriptions to them.
pub(super) trait LinkedStreams: Debug + Send + Sync + 'static {
    /// Keeps an event.
    fn append(&self, event: AppendRequest) -> Answer<'_, AppendResponse>;

    /// Events of a stream, no more than the limit and [`MAX_READ_BYTES`], but one if there is any.
    fn read(&self, what: ReadRequest) -> Answer<'_, ReadResponse>;

    /// Where a stream begins and ends.
    fn info(&self, stream: String) -> Answer<'_, StreamInfo>;

    /// Notes a subscription, if it is not there.
    fn subscribe(&self, subscription: SubscribeRequest) -> Answer<'_, SubscribeResponse>;

    /// Forgets a subscription; whether there was one.
    fn unsubscribe(&self, subscription: Subscription) -> Answer<'_, bool>;

    /// Those that are there.
    fn subscriptions(&self) -> Answer<'_, Vec<Subscription>>;

    /// Notes how far a subscription has come, and answers with what it is to get next.
    fn next(&self, subscription: Subscription, handled: Option<Handled>) -> Answer<'_, Next>;

    /// Lets another host deliver, if this one did.
    fn release(&self, _subscription: Subscription) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Forgets all subscriptions.
    fn forget(&self) -> Answer<'_, ()>;

    /// Whether the product is there, or why not.
    fn health(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    /// Wakes subscriptions when this process adds an event.
    fn wakes(&self) -> &Wakes;

    /// How often to look for what other processes add; never where there are none.
    fn looks_every(&self) -> Option<Duration> {
        None
    }
}

/// How far a subscription has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handled {
    /// Tells the subscription from others of its name, before it and after.
    pub(super) life: u64,
    /// The position of the event that was handled.
    pub(super) position: u64,
}

/// What a subscription is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// An event, and which life of the subscription it is for.
    Event(u64, Event),
    /// Nothing yet.
    Nothing,
    /// Another host delivers.
    Elsewhere,
    /// Nothing any more: there is no such subscription.
    Ended,
}

/// The error of a subscription too many.
pub(super) fn too_many() -> ProviderError {
    ProviderError::Failed(format!(
        "this link has {MAX_SUBSCRIPTIONS} subscriptions already; end one of them, or use another link"
    ))
}
