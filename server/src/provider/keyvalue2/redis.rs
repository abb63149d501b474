//! Key-value with transactions in Redis.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
};

use bytes::Bytes;
use wisteria_contracts::keyvalue2::CONTRACT;
use wisteria_core::{
    identity::PublicKey,
    platform::{BoxFuture, Platform},
    provider::{
        LinkRefused, LinkValue, LinkedActor, Links, Provider, ProviderCall, ProviderDescription, ProviderError,
        ProviderLink, ValueKind, keyvalue2::Request,
    },
};

use super::redis_store::RedisStore;
use crate::provider::{
    availability::health_of,
    redis_links::{RedisLinks, TIMEOUT, URL},
};

const PREFIX: LinkValue = LinkValue::new(
    "PREFIX",
    ValueKind::Text,
    "what all keys in Redis begin with; links with the same one share their keys",
    "accounts:",
)
.or("wisteria:keyvalue2:");

/// Servers of Redis; the link value `URL` says which.
pub struct RedisKeyValue2 {
    platform: Arc<dyn Platform>,
    connections: RedisLinks,
    links: Links<Arc<RedisStore>>,
}

impl Debug for RedisKeyValue2 {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisKeyValue2").field("links", &self.links).finish_non_exhaustive()
    }
}

impl RedisKeyValue2 {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue2-redis",
        contract: CONTRACT,
        title: "Key-value with transactions in Redis",
        built_in: false,
        values: &[URL, TIMEOUT, PREFIX],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { connections: RedisLinks::new(platform.clone()), links: Links::default(), platform }
    }
}

impl Provider for RedisKeyValue2 {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let redis = self.connections.connection(&link.values, link.is_new).await?;
            let prefix = link.values.text(PREFIX.name).expect("it has a default");
            self.links.put(link.actor, link.link_name, Arc::new(RedisStore::new(redis, prefix)));
            Ok(())
        })
    }

    fn unlink(&self, actor: PublicKey, link_name: Arc<str>) -> BoxFuture<'_, ()> {
        self.links.remove(actor, link_name);
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        Box::pin(async move {
            let request = Request::read(Self::DESCRIPTION.name, &call)?;
            self.links.of(&call)?.carry_out(request, &*self.platform).await
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        health_of(&self.links, link, |store| async move { store.health().await })
    }
}
