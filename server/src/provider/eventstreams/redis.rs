//! Event streams in Redis, under its own type for them.

use std::sync::Arc;

use bytes::Bytes;
use wisteria_contracts::eventstreams::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform, random_uuid},
    provider::{
        LinkRefused, LinkValue, LinkedActor, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
        ValueKind,
    },
};

use super::{
    links::StreamLinks,
    receiver::EventReceiver,
    redis_store::RedisStreams,
    retention::{MAX_AGE, MAX_BYTES, MAX_EVENTS, Retention},
    wakes::Wakes,
};
use crate::provider::redis_links::{RedisLinks, TIMEOUT, URL};

const PREFIX: LinkValue = LinkValue::new(
    "PREFIX",
    ValueKind::Text,
    "what all keys in Redis begin with; links with the same one share their streams",
    "orders:",
)
.or("wisteria:eventstreams:");

/// Servers of Redis; the link value `URL` says which.
#[derive(Debug)]
pub struct RedisEventStreams {
    platform: Arc<dyn Platform>,
    connections: RedisLinks,
    wakes: Arc<Wakes>,
    links: StreamLinks,
    /// Tells this provider from those of other hosts.
    token: Arc<str>,
}

impl RedisEventStreams {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "eventstreams-redis",
        contract: CONTRACT,
        title: "Event streams in Redis",
        built_in: false,
        values: &[URL, TIMEOUT, PREFIX, MAX_EVENTS, MAX_BYTES, MAX_AGE],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>, receiver: Arc<dyn EventReceiver>) -> Self {
        Self {
            token: random_uuid(&*platform).into(),
            connections: RedisLinks::new(platform.clone()),
            wakes: Arc::default(),
            links: StreamLinks::new(platform.clone(), receiver),
            platform,
        }
    }
}

impl Provider for RedisEventStreams {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let retention = Retention::read(&link.values)?;
            let redis = self.connections.connection(&link.values, link.is_new).await?;
            let streams = RedisStreams {
                redis,
                prefix: link.values.text(PREFIX.name).expect("it has a default").into(),
                owner: self.links.owner(link.actor, &link.link_name).into(),
                token: self.token.clone(),
                retention,
                platform: self.platform.clone(),
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
