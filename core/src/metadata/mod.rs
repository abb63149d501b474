//! The lattice's metadata: links, claims and references, kept by servers and known to every host.

mod keeper;
mod records;
mod requests;
mod revocation;
mod roster;
mod stamp;
mod store;
mod swap;
mod sync;
mod verdict;

pub(crate) use keeper::Keeper;
pub use revocation::Revocation;
#[cfg(test)]
pub(crate) use stamp::Clock;
pub use stamp::Stamp;
pub use store::{Change, Entry, MemoryStore, MetadataStore, StoreError};
