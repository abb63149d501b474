//! What the providers on JetStream have in common: a NATS server outside of the lattice, and a stream or a bucket there.

mod bucket;
mod listing;
mod names;
mod stream;
mod turns;

pub(super) use bucket::{Bucket, Change, Found, Held};
pub(super) use names::{encoded, read_name};
pub(super) use stream::{Asked, Stream, Write};
pub(super) use turns::Turns;
