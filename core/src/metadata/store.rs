//! Where the lattice's metadata is kept: a small table of JSON texts by key.
//!
//! Keys are those of wasmCloud's bucket: `LINKDEF_{hash}`, `CLAIMS_{key}`, `REFMAP_{hash}`; `UNLINKED_{hash}` for
//! links that were deleted, so that a host that was away does not bring them back; and `REVOKED_{hash}` for what no longer
//! counts.

use std::{collections::BTreeMap, fmt::Debug, sync::Mutex};

use bytes::Bytes;
use thiserror::Error;

use crate::platform::{BoxFuture, BoxStream, MaybeSend, MaybeSync};

/// Keeps the metadata over restarts, or shares it between hosts.
pub trait MetadataStore: Debug + MaybeSend + MaybeSync + 'static {
    /// All entries. Called once, when a keeper starts, and again after it was cut off from the store.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>>;

    /// Carries out changes in order. Once this succeeds they survive the end of the process at any moment. Where the
    /// store has transactions, all of them happen or none.
    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// What others change from now on, for a store that several hosts share. Our own changes may come back here.
    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>>;
}

/// One value by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Letters, digits and underscores.
    pub key: String,
    /// JSON.
    pub value: Bytes,
}

/// A change of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Adds or replaces a value.
    Put(Entry),
    /// Removes the value of a key, if there is one.
    Delete(String),
}

/// Why a store did not do what it was asked: the cause and the remedy, for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the store of links and claims failed: {0}")]
pub struct StoreError(pub String);

/// A store that is gone with its process; for tests, and where nothing must survive.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<BTreeMap<String, Bytes>>);

impl MetadataStore for MemoryStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        let values = self.0.lock().expect("nothing panics under this lock");
        let entries = values.iter().map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect();
        Box::pin(async { Ok(entries) })
    }

    fn write(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        let mut values = self.0.lock().expect("nothing panics under this lock");
        for change in changes {
            match change {
                Change::Put(Entry { key, value }) => drop(values.insert(key, value)),
                Change::Delete(key) => drop(values.remove(&key)),
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn watch(&self) -> BoxFuture<'_, Result<BoxStream<'static, Change>, StoreError>> {
        let nothing: BoxStream<'static, Change> = Box::pin(futures::stream::pending());
        Box::pin(async { Ok(nothing) })
    }
}
