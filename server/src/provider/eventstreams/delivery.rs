//! Delivers a subscription: in order, one event at a time, each until it was handled.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use wisteria_contracts::{
    codec,
    eventstreams::{Delivery, Event, Subscription},
};
use wisteria_core::{identity::PublicKey, platform::Platform};

use super::{
    receiver::EventReceiver,
    store::{Handled, LEASE, LinkedStreams, Next},
};

/// The first pause before an event comes again, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// A subscription that is being delivered.
#[derive(Debug, Clone)]
pub(super) struct Deliverer {
    pub(super) actor: PublicKey,
    pub(super) subscription: Subscription,
    pub(super) streams: Arc<dyn LinkedStreams>,
    pub(super) receiver: Arc<dyn EventReceiver>,
    pub(super) platform: Arc<dyn Platform>,
}

/// What was not handled yet, and how often it was tried.
#[derive(Debug, Clone, Copy)]
struct Tried {
    life: u64,
    position: u64,
    times: u32,
}

impl Deliverer {
    /// Delivers until there is no such subscription any more, or `stop` has no sender. What the actor is handling then it
    /// handles to its end.
    pub(super) async fn run(self, mut stop: watch::Receiver<()>) {
        let mut wake = self.streams.wakes().of(&self.subscription.stream);
        let mut handled = None;
        let mut tried: Option<Tried> = None;
        let mut failures = 0;
        loop {
            wake.mark_unchanged();
            let next = self.streams.next(self.subscription.clone(), handled).await;
            if next.is_ok() {
                (handled, failures) = (None, 0);
            }
            if stop.has_changed().is_err() {
                return;
            }
            match next {
                Ok(Next::Ended) => return,
                Ok(Next::Elsewhere) => self.pause(LEASE / 4, &mut stop).await,
                Ok(Next::Nothing) => {
                    let more = async { drop(wake.changed().await) };
                    self.wait(more, self.streams.looks_every(), &mut stop).await;
                }
                Ok(Next::Event(life, event)) => {
                    let position = event.position;
                    let before = tried.filter(|tried| (tried.life, tried.position) == (life, position));
                    let times = before.map_or(0, |tried| tried.times);
                    if self.deliver(event, times).await {
                        (handled, tried) = (Some(Handled { life, position }), None);
                    } else {
                        tried = Some(Tried { life, position, times: times.saturating_add(1) });
                        self.pause(pause(times), &mut stop).await;
                    }
                }
                Err(error) => {
                    if failures == 0 {
                        let Subscription { stream, subscription } = &self.subscription;
                        tracing::warn!(actor = %self.actor, stream, subscription, %error, "events are not delivered now");
                    }
                    self.pause(pause(failures), &mut stop).await;
                    failures += 1;
                }
            }
        }
    }

    /// Has the actor handle an event; whether it did.
    async fn deliver(&self, event: Event, redeliveries: u32) -> bool {
        let Subscription { stream, subscription } = self.subscription.clone();
        let position = event.position;
        let delivery = codec::encode(&Delivery { stream, subscription, event, redeliveries });
        let outcome = self.receiver.handle_event(self.actor, delivery.into()).await;
        if let Err(error) = &outcome {
            let Subscription { stream, subscription } = &self.subscription;
            let actor = self.actor;
            match redeliveries {
                0 => tracing::warn!(%actor, stream, subscription, position, %error, "an event was not handled"),
                _ => tracing::debug!(%actor, stream, subscription, position, redeliveries, %error, "nor was it now"),
            }
        }
        outcome.is_ok()
    }

    async fn pause(&self, pause: Duration, stop: &mut watch::Receiver<()>) {
        self.wait(std::future::pending(), Some(pause), stop).await;
    }

    /// Waits for what comes first: `more`, the end of that time, or of the delivery.
    async fn wait(&self, more: impl Future<Output = ()>, most: Option<Duration>, stop: &mut watch::Receiver<()>) {
        let passed = async {
            match most {
                Some(most) => self.platform.sleep(most).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = more => {}
            () = passed => {}
            _ = stop.changed() => {}
        }
    }
}

/// How long to wait after so many failures before this one.
fn pause(failures: u32) -> Duration {
    let (first, longest) = PAUSES;
    first.saturating_mul(2_u32.saturating_pow(failures)).min(longest)
}
