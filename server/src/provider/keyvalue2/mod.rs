//! `wisteria:keyvalue2` on products that only a server reaches.

mod file;
mod file_store;
mod jetstream;
mod jetstream_store;
mod redis;
mod redis_store;

pub use file::FileKeyValue2;
pub use jetstream::JetStreamKeyValue2;
pub use redis::RedisKeyValue2;
