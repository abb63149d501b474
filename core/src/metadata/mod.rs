//! The lattice's metadata: links, claims and references, kept by servers and known to every host.

mod store;

pub use store::{Change, Entry, MemoryStore, MetadataStore, StoreError};
