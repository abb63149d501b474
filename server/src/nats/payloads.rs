//! Payloads above the cluster's limit, in an object store of JetStream: the one that wasmCloud's hosts and providers use.

use std::{fmt::Display, time::Duration};

use async_nats::jetstream::object_store::{Config, ObjectStore};
use bytes::Bytes;
use tokio::io::AsyncReadExt;
use wisteria_core::{
    host::{PayloadStore, PayloadStoreError},
    platform::BoxFuture,
};

use super::JetStream;

/// The object store named like the lattice. It is made when it is needed and not there, as it may go with its cluster.
#[derive(Debug)]
pub(crate) struct ObjectPayloads {
    jetstream: JetStream,
    lattice: String,
}

/// What nobody fetched is gone after this time: no call lives longer.
const MAX_AGE: Duration = Duration::from_hours(1);

impl ObjectPayloads {
    pub(crate) fn new(jetstream: JetStream, lattice: &str) -> Self {
        Self { jetstream, lattice: lattice.to_owned() }
    }

    async fn store(&self) -> Result<ObjectStore, PayloadStoreError> {
        // A user who may not make buckets can use one that is there.
        if let Ok(store) = self.jetstream.0.get_object_store(&self.lattice).await {
            return Ok(store);
        }
        let config = Config {
            bucket: self.lattice.clone(),
            description: Some("payloads of a lattice on their way".to_owned()),
            max_age: MAX_AGE,
            ..Config::default()
        };
        self.jetstream.0.create_object_store(config).await.map_err(|error| self.failed("cannot make", &error))
    }

    fn failed(&self, what: &str, cause: &dyn Display) -> PayloadStoreError {
        let lattice = &self.lattice;
        PayloadStoreError(format!(
            "{what} the object store {lattice} on NATS, which carries what is too large for a message: {cause}; see \
             that its JetStream is reachable and has room, or send less at once"
        ))
    }

    async fn fetch(&self, name: &str, limit: usize) -> Result<Bytes, PayloadStoreError> {
        let failed = |cause: &dyn Display| self.failed("cannot read", cause);
        let store = self.store().await?;
        let mut object = store.get(name).await.map_err(|error| failed(&error))?;
        let mut payload = Vec::new();
        // What is there may be more than what was said of it.
        (&mut object).take(limit as u64 + 1).read_to_end(&mut payload).await.map_err(|error| failed(&error))?;
        if payload.len() > limit {
            return Err(PayloadStoreError(format!(
                "more than the {limit} bytes that a host takes at once were put aside"
            )));
        }
        self.remove(name).await;
        Ok(payload.into())
    }

    async fn remove(&self, name: &str) {
        let Ok(store) = self.store().await else {
            return;
        };
        if let Err(error) = store.delete(name).await {
            tracing::debug!(%error, name, "a payload stays in the object store until it is too old");
        }
    }
}

impl PayloadStore for ObjectPayloads {
    fn put(&self, name: String, payload: Bytes) -> BoxFuture<'_, Result<(), PayloadStoreError>> {
        Box::pin(async move {
            let store = self.store().await?;
            store.put(name.as_str(), &mut &*payload).await.map_err(|error| self.failed("cannot write to", &error))?;
            Ok(())
        })
    }

    fn take(&self, name: String, limit: usize) -> BoxFuture<'_, Result<Bytes, PayloadStoreError>> {
        Box::pin(async move { self.fetch(&name, limit).await })
    }

    fn discard(&self, name: String) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.remove(&name).await })
    }
}
