//! Key-value with transactions in a bucket of JetStream, on a NATS server outside of the lattice.

use std::sync::Arc;

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

use super::{
    super::{
        availability::health_of,
        jetstream::{Bucket, read_name},
        nats_connection::{CREDS, NKEY, NatsConnections, TIMEOUT, TLS_CA, TOKEN, URL},
    },
    jetstream_store::JetStreamStore,
};

const BUCKET: LinkValue = LinkValue::new(
    "BUCKET",
    ValueKind::Text,
    "name of the bucket, which is made where it is missing; links that name the same one share it",
    "accounts",
)
.or("wisteria-keyvalue2");

/// Buckets of JetStream; the link values `URL` and `BUCKET` say which.
#[derive(Debug)]
pub struct JetStreamKeyValue2 {
    platform: Arc<dyn Platform>,
    connections: NatsConnections,
    links: Links<Arc<JetStreamStore>>,
}

impl JetStreamKeyValue2 {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue2-jetstream",
        contract: CONTRACT,
        title: "Key-value with transactions in JetStream",
        built_in: false,
        values: &[URL, BUCKET, CREDS, NKEY, TOKEN, TLS_CA, TIMEOUT],
    };

    /// A provider without links.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, connections: NatsConnections::default(), links: Links::default() }
    }
}

impl Provider for JetStreamKeyValue2 {
    fn describe(&self) -> ProviderDescription {
        Self::DESCRIPTION
    }

    fn link(&self, link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async move {
            let name = read_name(&link.values, &BUCKET)?;
            let connection = self.connections.get(&link.values, link.is_new).await?;
            let bucket = Bucket::linked(name, true, connection, self.platform.clone(), link.is_new).await?;
            let store = JetStreamStore { bucket, platform: self.platform.clone() };
            self.links.put(link.actor, link.link_name, Arc::new(store));
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
            self.links.of(&call)?.carry_out(request).await
        })
    }

    fn link_health<'a>(&'a self, link: &'a LinkedActor) -> BoxFuture<'a, Result<(), String>> {
        health_of(&self.links, link, |store| async move { store.bucket.stream.health().await })
    }
}
