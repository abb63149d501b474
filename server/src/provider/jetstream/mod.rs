//! What the providers on JetStream have in common: a NATS server outside of the lattice, and a stream or a bucket there.

mod bucket;
mod listing;
mod names;
mod stream;

pub(super) use bucket::{Bucket, Change, Found, Held};
pub(super) use names::read_name;
pub(super) use stream::Write;
