//! Streams in JetStream as a link sees them.

use std::{sync::Arc, time::Duration};

use wisteria_contracts::eventstreams::{
    AppendRequest, AppendResponse, ReadRequest, ReadResponse, StreamInfo, SubscribeRequest, SubscribeResponse,
    Subscription,
};
use wisteria_core::platform::BoxFuture;

use super::{
    jetstream_log::Log,
    jetstream_subscriptions::{Subscriptions, Turn},
    store::{Answer, Handled, LinkedStreams, Next},
    wakes::Wakes,
};

/// How often a subscription looks for what other hosts have appended.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// The streams of a link, and its subscriptions.
#[derive(Debug)]
pub(super) struct JetStreamStreams {
    pub(super) log: Log,
    pub(super) subscriptions: Subscriptions,
    pub(super) wakes: Arc<Wakes>,
}

impl LinkedStreams for JetStreamStreams {
    fn append(&self, event: AppendRequest) -> Answer<'_, AppendResponse> {
        Box::pin(self.log.append(event))
    }

    fn read(&self, what: ReadRequest) -> Answer<'_, ReadResponse> {
        Box::pin(self.log.read(what))
    }

    fn info(&self, stream: String) -> Answer<'_, StreamInfo> {
        Box::pin(async move { self.log.info(&stream).await })
    }

    fn subscribe(&self, request: SubscribeRequest) -> Answer<'_, SubscribeResponse> {
        Box::pin(async move {
            let SubscribeRequest { stream, subscription, after } = request;
            let position = match after {
                Some(position) => position,
                None => self.log.last_position(&stream).await?,
            };
            let (created, position) = self.subscriptions.add(&Subscription { stream, subscription }, position).await?;
            Ok(SubscribeResponse { created, position })
        })
    }

    fn unsubscribe(&self, subscription: Subscription) -> Answer<'_, bool> {
        Box::pin(async move { self.subscriptions.remove(&subscription).await })
    }

    fn subscriptions(&self) -> Answer<'_, Vec<Subscription>> {
        Box::pin(self.subscriptions.all())
    }

    fn next(&self, subscription: Subscription, handled: Option<Handled>) -> Answer<'_, Next> {
        Box::pin(async move {
            let kept = match self.subscriptions.turn(&subscription, handled).await? {
                Turn::Mine(kept) => kept,
                Turn::Elsewhere => return Ok(Next::Elsewhere),
                Turn::Ended => return Ok(Next::Ended),
            };
            let event = self.log.next(&subscription.stream, kept.position).await?;
            Ok(event.map_or(Next::Nothing, |event| Next::Event(kept.life, event)))
        })
    }

    fn release(&self, subscription: Subscription) -> Answer<'_, ()> {
        Box::pin(async move { self.subscriptions.release(&subscription).await })
    }

    fn forget(&self) -> Answer<'_, ()> {
        Box::pin(self.subscriptions.forget())
    }

    fn health(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            self.log.stream.health().await?;
            self.subscriptions.bucket.stream.health().await
        })
    }

    fn wakes(&self) -> &Wakes {
        &self.wakes
    }

    fn looks_every(&self) -> Option<Duration> {
        Some(LOOKS_EVERY)
    }
}
