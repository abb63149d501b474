//! `wasmcloud:messaging` on NATS servers outside of the lattice. Two links with two names are two servers that need not know
//! each other.

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, Message, PublishErrorKind, RequestErrorKind, Subscriber};
use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::oneshot;
use wisteria_contracts::messaging::{CONTRACT, PubMessage, RequestMessage};
use wisteria_core::{
    bus::{Subject, is_of_users},
    host::{ActorCaller, ProviderContext},
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
        messaging::{
            Arrived, CONCURRENCY, Deliveries, PUBLISH, Request, SUBSCRIPTION, Settings, no_reply, no_responders,
            replied, too_large,
        },
    },
};

use super::nats_connection::{CREDS, NKEY, NatsConnection, NatsConnections, TIMEOUT, TLS_CA, TOKEN, URL};

/// The header that carries a trace.
const TRACE: &str = "traceparent";

/// Subjects on NATS servers; the link value `URL` says which.
#[derive(Debug)]
pub struct NatsMessaging {
    platform: Arc<dyn Platform>,
    caller: ActorCaller,
    connections: NatsConnections,
    links: Links<Linked>,
}

#[derive(Debug, Clone)]
struct Linked {
    settings: Arc<Settings>,
    connection: Arc<NatsConnection>,
    deliveries: Arc<Deliveries>,
    /// The subscriptions end when these are dropped.
    _subscriptions: Arc<Vec<oneshot::Sender<()>>>,
}

impl NatsMessaging {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "messaging-nats",
        contract: CONTRACT,
        title: "Messages on a NATS server",
        built_in: false,
        values: &[URL, CREDS, NKEY, TOKEN, TLS_CA, TIMEOUT, SUBSCRIPTION, PUBLISH, CONCURRENCY],
    };

    /// A provider without links.
    pub fn new(context: ProviderContext) -> Self {
        Self {
            platform: context.platform,
            caller: context.caller,
            connections: NatsConnections::default(),
            links: Links::default(),
        }
    }
}

impl Provider for NatsMessaging {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let settings = Settings::read(&link)?;
            let connection = self.connections.get(&link.values, link.is_new).await?;
            let deliveries =
                Arc::new(Deliveries::start(&self.platform, self.caller.clone(), link.actor, settings.at_once));
            let mut subscriptions = Vec::new();
            for one in &settings.subscriptions {
                // Where the server is away, it hears of it as soon as it is back.
                let client = connection.client_in_any_case();
                let subscribed = client.queue_subscribe(one.pattern.to_string(), one.queue.clone()).await;
                let subscriber = subscribed
                    .map_err(|error| LinkRefused(format!("{} cannot be subscribed to: {error}", one.pattern)))?;
                let (stop, stopped) = oneshot::channel();
                tokio::spawn(carry(subscriber, stopped, deliveries.clone()));
                subscriptions.push(stop);
            }
            if link.is_new {
                let flushed = connection.within_patience(connection.client_in_any_case().flush()).await;
                flushed.map_err(|error| LinkRefused(error.to_string()))?.map_err(|e| LinkRefused(e.to_string()))?;
            }
            let (settings, _subscriptions) = (Arc::new(settings), Arc::new(subscriptions));
            self.links.put(link.actor, link.link_name, Linked { settings, connection, deliveries, _subscriptions });
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
                Request::Publish(message) => linked.publish(message, &call).await.map(|()| Bytes::new()),
                Request::Request(request) => linked.request(request, &call).await,
            }
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        let health = self.links.all().get(link).map_or(Ok(()), |linked| linked.connection.health());
        Box::pin(async { health })
    }
}

impl Linked {
    /// Returns once the message is on its way to the server.
    async fn publish(&self, message: PubMessage, call: &ProviderCall) -> Result<(), ProviderError> {
        let PubMessage { subject, reply_to, body } = message;
        let subject = self.settings.permit(&subject, is_of_actors)?.to_string();
        let reply = reply_to.filter(|reply| !reply.is_empty()).map(Subject::new).transpose();
        let reply = reply.map_err(|error| ProviderError::Failed(error.to_string()))?;
        let (client, size) = (self.connection.client()?.clone(), body.len());
        let limit = client.max_payload();
        let sent = self.connection.within_patience(async move {
            let (headers, body) = (headers(call), body.into());
            match reply {
                Some(reply) => {
                    client.publish_with_reply_and_headers(subject, reply.to_string(), headers, body).await?;
                }
                None => client.publish_with_headers(subject, headers, body).await?,
            }
            // It fails only where the connection has ended for good, which the next message finds out.
            drop(client.flush().await);
            Ok::<_, async_nats::PublishError>(())
        });
        sent.await?.map_err(|error| match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => too_large(size, limit),
            PublishErrorKind::Send => self.connection.unavailable(&error.to_string()),
            PublishErrorKind::InvalidSubject => ProviderError::Failed(error.to_string()),
        })
    }

    async fn request(&self, request: RequestMessage, call: &ProviderCall) -> Result<Bytes, ProviderError> {
        let RequestMessage { subject, body, timeout_ms } = request;
        let subject = self.settings.permit(&subject, is_of_actors)?.to_string();
        let (client, size) = (self.connection.client()?.clone(), body.len());
        let limit = client.max_payload();
        let wait = Duration::from_millis(timeout_ms.into());
        // The connection would say that it does not answer, so it has longer than the request.
        let asked = async_nats::Request::new().headers(headers(call)).payload(body.into()).timeout(Some(wait));
        let answered = client.send_request(subject.clone(), asked);
        let reply = self.connection.within(wait * 2, answered).await?.map_err(|error| match error.kind() {
            RequestErrorKind::TimedOut => no_reply(&subject, timeout_ms),
            RequestErrorKind::NoResponders => no_responders(&subject),
            RequestErrorKind::MaxPayloadExceeded => too_large(size, limit),
            RequestErrorKind::InvalidSubject => ProviderError::Failed(error.to_string()),
            RequestErrorKind::Other => self.connection.unavailable(&error.to_string()),
        })?;
        Ok(replied(&reply.subject, reply.reply.as_deref(), reply.payload))
    }
}

/// Whether actors may publish there where their link does not say: the systems of the server, and other lattices, are left
/// out. An inbox is known to those alone who were asked to answer there.
fn is_of_actors(subject: &str) -> bool {
    is_of_users(subject) || subject.starts_with('_')
}

/// Carries messages from a subscription to the actor, and what has arrived by the time it ends.
async fn carry(mut subscriber: Subscriber, mut stopped: oneshot::Receiver<()>, deliveries: Arc<Deliveries>) {
    loop {
        tokio::select! {
            message = subscriber.next() => match message {
                Some(message) => deliveries.put(arrived(message)),
                None => return,
            },
            // The sender never sends, it is dropped.
            _ = &mut stopped => break,
        }
    }
    if !deliveries.is_ended() && subscriber.drain().await.is_ok() {
        while let Some(message) = subscriber.next().await {
            deliveries.put(arrived(message));
        }
    }
}

fn arrived(message: Message) -> Arrived {
    let trace = message.headers.as_ref().and_then(|headers| headers.get(TRACE)).map(|trace| trace.as_str().into());
    Arrived {
        subject: message.subject.to_string(),
        reply_to: message.reply.map(|reply| reply.to_string()),
        body: message.payload,
        trace,
    }
}

fn headers(call: &ProviderCall) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(trace) = &call.context.trace {
        headers.insert(TRACE, &**trace);
    }
    headers
}
