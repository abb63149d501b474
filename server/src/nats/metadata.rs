//! The lattice's metadata in a key-value bucket of JetStream, shared by all its servers.

use std::fmt::Display;

use async_nats::jetstream::{
    kv::{self, Operation, Store},
    stream::{self, DiscardPolicy},
};
use futures::{StreamExt, TryStreamExt, future};
use wisteria_core::{
    metadata::{Change, Entry, MetadataStore, StoreError},
    platform::{BoxFuture, BoxStream},
};

use super::{JetStream, NatsError};

/// Links and claims in the bucket `LATTICEDATA_{lattice}`.
#[derive(Debug, Clone)]
pub(crate) struct SharedStore {
    bucket: Store,
}

/// How many values are read at once.
const READS: usize = 32;

impl SharedStore {
    /// Opens the bucket, making it where it is missing.
    pub(crate) async fn open(jetstream: &JetStream, lattice: &str) -> Result<Self, NatsError> {
        let name = format!("LATTICEDATA_{lattice}");
        let failed = |cause: &dyn Display| NatsError::JetStream { cause: format!("bucket {name}: {cause}") };
        // A user who may not make buckets can use one that is there.
        let bucket = match jetstream.0.get_key_value(&name).await {
            Ok(bucket) => bucket,
            Err(_) => {
                jetstream.0.create_stream(stream_of(&name)).await.map_err(|error| failed(&error))?;
                jetstream.0.get_key_value(&name).await.map_err(|error| failed(&error))?
            }
        };
        Ok(Self { bucket })
    }

    fn failed(&self, what: &str, cause: &dyn Display) -> StoreError {
        let bucket = &self.bucket.name;
        StoreError(format!(
            "{what} the bucket {bucket} on NATS: {cause}; see that its JetStream is reachable and has room"
        ))
    }

    async fn read_all(&self) -> Result<Vec<Entry>, StoreError> {
        let failed = |cause: &dyn Display| self.failed("cannot read", cause);
        let keys = self.bucket.keys().await.map_err(|error| failed(&error))?;
        let keys = keys.try_collect::<Vec<_>>().await.map_err(|error| failed(&error))?;
        let values = futures::stream::iter(keys).map(|key| async {
            let value = self.bucket.get(key.as_str()).await?;
            Ok::<_, kv::EntryError>(value.map(|value| Entry { key, value }))
        });
        // One may have been deleted since.
        values.buffer_unordered(READS).try_filter_map(future::ok).try_collect().await.map_err(|error| failed(&error))
    }

    async fn change(&self, change: Change) -> Result<(), StoreError> {
        match change {
            Change::Put(Entry { key, value }) => {
                self.bucket.put(&key, value).await.map_err(|error| self.failed("cannot write to", &error))?;
            }
            Change::Delete(key) => {
                self.bucket.delete(&key).await.map_err(|error| self.failed("cannot delete from", &error))?;
            }
        }
        Ok(())
    }

    async fn follow(&self) -> Result<BoxStream<'static, Change>, StoreError> {
        let changes = self.bucket.watch_all().await.map_err(|error| self.failed("cannot watch", &error))?;
        let changes = changes.filter_map(|change| async {
            match change {
                Ok(entry) => Some(read(entry)),
                Err(error) => {
                    tracing::warn!(%error, "a change of the lattice's metadata on NATS was missed");
                    None
                }
            }
        });
        Ok(changes.boxed())
    }
}

/// The stream of a bucket. The library's own way to make one asks for an account in a form that version 2.9 of the NATS
/// server does not answer in.
fn stream_of(bucket: &str) -> stream::Config {
    stream::Config {
        name: format!("KV_{bucket}"),
        description: Some("links, claims and references of a lattice".to_owned()),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..stream::Config::default()
    }
}

fn read(entry: kv::Entry) -> Change {
    match entry.operation {
        Operation::Put => Change::Put(Entry { key: entry.key, value: entry.value }),
        Operation::Delete | Operation::Purge => Change::Delete(entry.key),
    }
}

impl MetadataStore for SharedStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        Box::pin(self.read_all())
    }

    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            // One after the other: the last value of a key is to be the one that stays.
            for change in changes {
                self.change(change).await?;
            }
            Ok(())
        })
    }

    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        Box::pin(self.follow())
    }
}
