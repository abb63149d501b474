//! Event streams in JetStream, on a NATS server outside of the lattice.

use std::sync::Arc;

use bytes::Bytes;
use wisteria_contracts::eventstreams::CONTRACT;
use wisteria_core::{
    bus::is_of_users,
    identity::PublicKey,
    platform::{BoxFuture, Platform, random_uuid},
    provider::{
        LinkRefused, LinkValue, LinkedActor, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
        ValueKind,
    },
};

use super::{
    jetstream_log::Log,
    jetstream_store::JetStreamStreams,
    jetstream_subscriptions::Subscriptions,
    links::StreamLinks,
    receiver::EventReceiver,
    retention::{MAX_AGE, MAX_BYTES, MAX_EVENTS, Retention},
    wakes::Wakes,
};
use crate::provider::{
    jetstream::{Asked, Bucket, Stream, Turns, read_name},
    nats_connection::{CREDS, NKEY, NatsConnections, TIMEOUT, TLS_CA, TOKEN, URL},
};

const STREAM: LinkValue = LinkValue::new(
    "STREAM",
    ValueKind::Text,
    "name of the stream of JetStream that keeps all events; links that name the same one share their streams",
    "orders",
)
.or("wisteria-eventstreams");

/// Streams of JetStream; the link values `URL` and `STREAM` say which.
#[derive(Debug)]
pub struct JetStreamEventStreams {
    platform: Arc<dyn Platform>,
    connections: NatsConnections,
    wakes: Arc<Wakes>,
    links: StreamLinks,
    /// Tells this provider from those of other hosts.
    token: Arc<str>,
}

impl JetStreamEventStreams {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "eventstreams-jetstream",
        contract: CONTRACT,
        title: "Event streams in JetStream",
        built_in: false,
        values: &[URL, STREAM, CREDS, NKEY, TOKEN, TLS_CA, TIMEOUT, MAX_EVENTS, MAX_BYTES, MAX_AGE],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>, receiver: Arc<dyn EventReceiver>) -> Self {
        Self {
            token: random_uuid(&*platform).into(),
            connections: NatsConnections::default(),
            wakes: Arc::default(),
            links: StreamLinks::new(platform.clone(), receiver),
            platform,
        }
    }
}

impl Provider for JetStreamEventStreams {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let retention = Retention::read(&link.values)?;
            let name = read_name(&link.values, &STREAM)?;
            // It would keep what lattices say, and answer for it.
            if !is_of_users(name) {
                return Err(LinkRefused(format!(
                    "`STREAM={name}` stands for subjects of systems; choose another name, such as STREAM=orders"
                )));
            }
            let connection = self.connections.get(&link.values, link.is_new).await?;
            let asked = Asked {
                name: name.to_owned(),
                called: format!("the stream {name}"),
                subject: format!("{name}.*"),
                is_bucket: false,
                is_for_batches: false,
            };
            let stream = Stream::linked(asked, connection.clone(), self.platform.clone(), link.is_new).await?;
            let bucket = format!("{name}-subscriptions");
            let bucket = Bucket::linked(&bucket, false, connection, self.platform.clone(), link.is_new).await?;
            let streams = JetStreamStreams {
                log: Log {
                    stream,
                    name: name.to_owned(),
                    turns: Turns::default(),
                    retention,
                    platform: self.platform.clone(),
                },
                subscriptions: Subscriptions::new(
                    bucket,
                    self.links.owner(link.actor, &link.link_name),
                    self.token.clone(),
                    self.platform.clone(),
                ),
                wakes: self.wakes.clone(),
            };
            self.links.put(link.actor, link.link_name, Arc::new(streams));
            Ok(())
        })
    }

    fn forget(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.links.forget(actor, link_name))
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(self.links.remove(actor, link_name))
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move { self.links.invoke(Self::DESCRIPTION.name, &call).await })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.links.health(link))
    }
}
