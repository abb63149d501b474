//! The lattice's metadata: links, claims and references, kept by servers, or beside a broker of tabs, and known to every host.

mod keeper;
mod place;
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
pub use place::keep_beside_broker;
pub use revocation::Revocation;
#[cfg(test)]
pub(crate) use stamp::Clock;
pub use stamp::Stamp;
pub use store::{Change, Entry, MemoryStore, MetadataStore, StoreError};
