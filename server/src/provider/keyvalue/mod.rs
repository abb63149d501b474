//! `wasmcloud:keyvalue` on products that only a server reaches.

mod file;
mod file_copy;
mod file_store;
mod jetstream;
mod jetstream_store;
mod redis;
mod redis_copy;
mod request;

pub use file::FileKeyValue;
pub use jetstream::JetStreamKeyValue;
pub use redis::RedisKeyValue;
