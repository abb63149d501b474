//! A lattice that lives on a NATS cluster: how to get in, and what the cluster keeps for it.

mod access;
mod jetstream;
mod metadata;
mod payloads;

pub use access::{NatsError, NatsOptions, NatsSecret};

pub(crate) use access::Access;
pub(crate) use jetstream::{JetStream, introduce};
pub(crate) use metadata::SharedStore;
pub(crate) use payloads::ObjectPayloads;
