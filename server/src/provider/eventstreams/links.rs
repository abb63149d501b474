//! The links of a provider of event streams: what is asked through them, and the deliveries that they stand for.

use std::{
    collections::HashMap,
    fmt::{self, Debug, Formatter},
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use wisteria_contracts::eventstreams::Subscription;
use wisteria_core::{
    identity::PublicKey,
    platform::Platform,
    provider::{LinkedActor, Links, ProviderCall, ProviderError},
};

use super::{
    delivery::Deliverer,
    receiver::EventReceiver,
    request::{Request, encoded},
    store::LinkedStreams,
};

/// For how long a link that ends waits for what its actor is handling.
const GRACE: Duration = Duration::from_secs(2);
/// How often a link looks whether it has the deliveries that it should have, where other hosts may change them.
const LOOK: Duration = Duration::from_secs(5);
/// How long after a failure it looks again.
const RETRY: Duration = Duration::from_secs(1);

/// All links of a provider.
#[derive(Debug)]
pub(super) struct StreamLinks {
    platform: Arc<dyn Platform>,
    receiver: Arc<dyn EventReceiver>,
    links: Links<Arc<Linked>>,
}

impl StreamLinks {
    /// None yet.
    pub(super) fn new(platform: Arc<dyn Platform>, receiver: Arc<dyn EventReceiver>) -> Self {
        Self { platform, receiver, links: Links::default() }
    }

    /// In whose name the subscriptions of a link are kept.
    pub(super) fn owner(&self, actor: PublicKey, link_name: &str) -> String {
        format!("{}/{actor}/{link_name}", self.receiver.provider())
    }

    /// A link leads to these streams from now on, and its subscriptions go on there.
    pub(super) fn put(&self, actor: PublicKey, link_name: Arc<str>, streams: Arc<dyn LinkedStreams>) {
        let linked = Arc::new(Linked {
            actor,
            streams,
            receiver: self.receiver.clone(),
            platform: self.platform.clone(),
            deliveries: Mutex::default(),
        });
        let replaced = self.links.put(actor, link_name, linked.clone());
        let keeping = tokio::spawn(keep_up(Arc::downgrade(&linked), replaced));
        linked.deliveries().keeping = Some(keeping);
    }

    /// The link is deleted: its subscriptions are forgotten.
    pub(super) async fn forget(&self, actor: PublicKey, link_name: Arc<str>) {
        let removed = self.links.remove(actor, link_name.clone());
        let Some(linked) = removed else { return };
        linked.stop().await;
        if let Err(error) = linked.streams.forget().await {
            tracing::warn!(%actor, %link_name, %error, "the subscriptions of a deleted link are kept, and go on if it is put again");
        }
    }

    /// The link is no more, here.
    pub(super) async fn remove(&self, actor: PublicKey, link_name: Arc<str>) {
        let removed = self.links.remove(actor, link_name);
        if let Some(linked) = removed {
            linked.stop().await;
        }
    }

    /// Whether what a link leads to is there, or why not.
    pub(super) async fn health(&self, link: &LinkedActor) -> Result<(), String> {
        let linked = self.links.all().get(link).cloned();
        match linked {
            Some(linked) => linked.streams.health().await,
            None => Ok(()),
        }
    }

    /// Carries out what an actor asks of the provider of that name.
    pub(super) async fn invoke(&self, provider: &'static str, call: &ProviderCall) -> Result<Bytes, ProviderError> {
        let request = Request::read(provider, call)?;
        let linked = self.links.of(call)?;
        let streams = &linked.streams;
        match request {
            Request::Append(event) => {
                let stream = event.stream.clone();
                let appended = streams.append(event).await?;
                streams.wakes().wake(&stream);
                Ok(encoded(&appended))
            }
            Request::Read(what) => Ok(encoded(&streams.read(what).await?)),
            Request::GetInfo(stream) => Ok(encoded(&streams.info(stream).await?)),
            Request::Subscribe(request) => {
                let subscription =
                    Subscription { stream: request.stream.clone(), subscription: request.subscription.clone() };
                let subscribed = streams.subscribe(request).await?;
                linked.deliver(subscription);
                Ok(encoded(&subscribed))
            }
            Request::Unsubscribe(subscription) => {
                linked.deliveries().running.remove(&key(&subscription));
                Ok(encoded(&streams.unsubscribe(subscription).await?))
            }
        }
    }
}

/// A link with its deliveries.
struct Linked {
    actor: PublicKey,
    streams: Arc<dyn LinkedStreams>,
    receiver: Arc<dyn EventReceiver>,
    platform: Arc<dyn Platform>,
    deliveries: Mutex<Deliveries>,
}

#[derive(Debug, Default)]
struct Deliveries {
    running: HashMap<(String, String), Running>,
    /// What brings them in line with the subscriptions there are.
    keeping: Option<JoinHandle<()>>,
    /// Whether those before it have ended, so that it delivers itself.
    begun: bool,
    ended: bool,
}

/// A delivery, which ends soon after this is dropped.
#[derive(Debug)]
struct Running {
    subscription: Subscription,
    task: JoinHandle<()>,
    _stop: watch::Sender<()>,
}

fn key(subscription: &Subscription) -> (String, String) {
    (subscription.stream.clone(), subscription.subscription.clone())
}

impl Linked {
    fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().expect("nothing panics under this lock")
    }

    /// Delivers a subscription, if nothing does.
    fn deliver(&self, subscription: Subscription) {
        let mut deliveries = self.deliveries();
        if deliveries.ended || !deliveries.begun {
            return;
        }
        let is_running = deliveries.running.get(&key(&subscription)).is_some_and(|one| !one.task.is_finished());
        if is_running {
            return;
        }
        let deliverer = Deliverer {
            actor: self.actor,
            subscription: subscription.clone(),
            streams: self.streams.clone(),
            receiver: self.receiver.clone(),
            platform: self.platform.clone(),
        };
        let (stop, stopped) = watch::channel(());
        let task = tokio::spawn(deliverer.run(stopped));
        let running = Running { subscription, task, _stop: stop };
        deliveries.running.insert(key(&running.subscription), running);
    }

    /// Brings the deliveries in line with the subscriptions there are.
    async fn look(&self) -> Result<(), ProviderError> {
        for subscription in self.streams.subscriptions().await? {
            self.deliver(subscription);
        }
        self.deliveries().running.retain(|_, one| !one.task.is_finished());
        Ok(())
    }

    /// Ends all deliveries, once they have handled what they are at, or soon.
    async fn stop(&self) {
        let (running, keeping) = {
            let mut deliveries = self.deliveries();
            deliveries.ended = true;
            (std::mem::take(&mut deliveries.running), deliveries.keeping.take())
        };
        if let Some(keeping) = keeping {
            keeping.abort();
        }
        let (tasks, subscriptions): (Vec<_>, Vec<_>) =
            running.into_values().map(|one| (one.task, one.subscription)).unzip();
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        if timeout(GRACE, futures::future::join_all(tasks)).await.is_err() {
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        let released = subscriptions.into_iter().map(|subscription| self.streams.release(subscription));
        // One that is not released falls to another host a little later.
        drop(futures::future::join_all(released).await);
    }
}

/// Begins the deliveries of a link when those of the one before it have ended, and keeps up with what other hosts change.
async fn keep_up(linked: Weak<Linked>, replaced: Option<Arc<Linked>>) {
    if let Some(replaced) = replaced {
        replaced.stop().await;
    }
    if let Some(linked) = linked.upgrade() {
        linked.deliveries().begun = true;
    }
    while let Some(linked) = linked.upgrade() {
        let (platform, is_alone) = (linked.platform.clone(), linked.streams.looks_every().is_none());
        let pause = match linked.look().await {
            Ok(()) if is_alone => return,
            Ok(()) => LOOK,
            Err(error) => {
                tracing::debug!(actor = %linked.actor, %error, "the subscriptions of a link are not known yet");
                RETRY
            }
        };
        drop(linked);
        platform.sleep(pause).await;
    }
}

impl Debug for Linked {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked").field("actor", &self.actor).field("streams", &self.streams).finish_non_exhaustive()
    }
}
