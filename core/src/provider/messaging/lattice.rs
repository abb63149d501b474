//! Messaging on the bus of the lattice: whatever speaks NATS on the lattice's own broker meets actors on the same subjects.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{
    channel::oneshot,
    future::{Either, select},
};
use wisteria_contracts::messaging::{CONTRACT, PubMessage, RequestMessage};

use super::{
    Arrived, CONCURRENCY, Deliveries, Listening, PUBLISH, Request, SUBSCRIPTION, Settings, no_reply, no_responders,
    replied, replies::Replies, reserved, too_large,
};
use crate::{
    bus::{self, Bus, BusError, Message, Subject, Subscription, is_of_users},
    host::{ActorCaller, ProviderContext},
    identity::PublicKey,
    lattice::TRACE,
    platform::{BoxFuture, Platform, timeout},
    provider::{LinkRefused, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink},
};

/// How long the broker may take to say that it hears a subscription.
const PATIENCE: Duration = Duration::from_secs(2);

/// Subjects of users on the lattice's bus.
#[derive(Debug)]
pub struct LatticeMessaging {
    platform: Arc<dyn Platform>,
    bus: Arc<dyn Bus>,
    caller: ActorCaller,
    links: Links<Linked>,
}

#[derive(Debug, Clone)]
struct Linked {
    settings: Arc<Settings>,
    replies: Arc<Replies>,
    deliveries: Arc<Deliveries>,
    /// The subscriptions end when these are dropped.
    _subscriptions: Arc<Vec<oneshot::Sender<()>>>,
}

impl LatticeMessaging {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "messaging-lattice",
        contract: CONTRACT,
        title: "Messages on the lattice",
        built_in: false,
        values: &[SUBSCRIPTION, PUBLISH, CONCURRENCY],
    };

    /// A provider without links.
    pub fn new(context: ProviderContext) -> Self {
        Self { platform: context.platform, bus: context.bus, caller: context.caller, links: Links::default() }
    }

    /// Hears what a link says, and confirms that it is heard where somebody waits for the verdict.
    async fn subscribe(&self, listening: &Listening, must: bool) -> Result<Subscription, LinkRefused> {
        let Listening { pattern, queue } = listening;
        let refused = |why: String| LinkRefused(format!("{pattern} cannot be subscribed to: {why}"));
        let subscription =
            self.bus.subscribe(pattern.clone(), Some(queue)).map_err(|error| refused(error.to_string()))?;
        if must {
            match timeout(&*self.platform, PATIENCE, self.bus.confirm(pattern)).await {
                Some(Ok(())) => {}
                Some(Err(error)) => return Err(refused(error.to_string())),
                None => {
                    return Err(refused(format!("the lattice does not answer within {} s", PATIENCE.as_secs())));
                }
            }
        }
        Ok(subscription)
    }

    fn publish(&self, linked: &Linked, message: PubMessage, call: &ProviderCall) -> Result<(), ProviderError> {
        let subject = match linked.replies.take(&message.subject, self.platform.now()) {
            true => Subject::new(&message.subject).expect("it was the subject of a message"),
            false => linked.settings.permit(&message.subject, is_of_users)?,
        };
        // Whoever answers does it with rights of its own.
        let reply = message.reply_to.as_deref().filter(|reply| !reply.is_empty());
        if let Some(reply) = reply.filter(|reply| !is_of_users(reply)) {
            return Err(reserved(reply));
        }
        let reply = reply.map(Subject::new).transpose().map_err(|error| ProviderError::Failed(error.to_string()))?;
        self.bus.publish(Message { reply, ..traced(subject, message.body, call) }).map_err(failed)
    }

    async fn request(
        &self,
        linked: &Linked,
        request: RequestMessage,
        call: &ProviderCall,
    ) -> Result<Bytes, ProviderError> {
        let RequestMessage { subject, body, timeout_ms } = request;
        let subject = linked.settings.permit(&subject, is_of_users)?;
        let wait = Duration::from_millis(timeout_ms.into());
        let reply = match self.bus.request(traced(subject, body, call), wait).await {
            Err(BusError::Timeout { subject, .. }) => return Err(no_reply(&subject, timeout_ms)),
            reply => reply.map_err(failed)?,
        };
        Ok(replied(&reply.subject, reply.reply.as_deref(), reply.payload))
    }
}

impl Provider for LatticeMessaging {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let settings = Settings::read(&link)?;
            if let Some(pattern) = settings.first_of_systems() {
                return Err(LinkRefused(format!(
                    "{pattern} stands for subjects of the lattice itself: a pattern begins with a plain word, which is \
                     not wasmbus or wisteria and does not begin with $ or _; choose another"
                )));
            }
            let former = self.links.all().get(&(link.actor, link.link_name.clone())).cloned();
            let replies = former.map(|former| former.replies).unwrap_or_default();
            let mut heard = Vec::new();
            for listening in &settings.subscriptions {
                heard.push(self.subscribe(listening, link.is_new).await?);
            }
            let deliveries =
                Arc::new(Deliveries::start(&self.platform, self.caller.clone(), link.actor, settings.at_once));
            let subscriptions = heard.into_iter().map(|subscription| {
                let (stop, stopped) = oneshot::channel();
                let way =
                    Way { platform: self.platform.clone(), replies: replies.clone(), deliveries: deliveries.clone() };
                self.platform.spawn(Box::pin(way.carry(subscription, stopped)));
                stop
            });
            let _subscriptions = Arc::new(subscriptions.collect());
            let linked = Linked { settings: Arc::new(settings), replies, deliveries, _subscriptions };
            self.links.put(link.actor, link.link_name, linked);
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        if let Some(ended) = self.links.remove(actor, link_name) {
            ended.deliveries.end();
        }
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let request = Request::read(Self::DESCRIPTION.name, &call)?;
            let linked = self.links.of(&call)?;
            match request {
                Request::Publish(message) => self.publish(&linked, message, &call).map(|()| Bytes::new()),
                Request::Request(request) => self.request(&linked, request, &call).await,
            }
        })
    }
}

/// Carries messages from a subscription to the actor.
struct Way {
    platform: Arc<dyn Platform>,
    replies: Arc<Replies>,
    deliveries: Arc<Deliveries>,
}

impl Way {
    async fn carry(self, mut subscription: Subscription, stopped: oneshot::Receiver<()>) {
        let mut stopped = stopped;
        loop {
            let next = Box::pin(subscription.next());
            match select(next, stopped).await {
                Either::Left((Some(message), still)) => {
                    self.take(message);
                    stopped = still;
                }
                Either::Left((None, _)) => return,
                Either::Right(_) => break,
            }
        }
        // What arrived before the link was put anew still counts.
        subscription.close();
        if self.deliveries.is_ended() {
            return;
        }
        while let Some(message) = subscription.next().await {
            self.take(message);
        }
    }

    fn take(&self, message: Message) {
        let Message { subject, reply, headers, payload } = message;
        // An answer to a subject of users needs no leave, and one to what no inbox is gets none.
        if let Some(inbox) = reply.as_deref().filter(|reply| reply.starts_with('_')) {
            self.replies.expect(inbox, self.platform.now());
        }
        self.deliveries.put(Arrived {
            subject: subject.to_string(),
            reply_to: reply.map(|reply| reply.to_string()),
            body: payload,
            trace: headers.get(TRACE).map(Into::into),
        });
    }
}

fn traced(subject: Subject, body: Vec<u8>, call: &ProviderCall) -> Message {
    let mut message = bus::message(subject, body);
    if let Some(trace) = &call.context.trace {
        message.headers.insert(TRACE, &**trace);
    }
    message
}

fn failed(error: BusError) -> ProviderError {
    match error {
        BusError::NoResponders(subject) => no_responders(&subject),
        BusError::PayloadTooLarge { size, limit } => too_large(size, limit),
        BusError::Closed(_) | BusError::Backlog { .. } | BusError::HostLost(_) => {
            ProviderError::Unavailable(error.to_string())
        }
        other => ProviderError::Failed(other.to_string()),
    }
}
