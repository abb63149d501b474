//! `wisteria:eventstreams`: what all providers of it share, and the products they stand on.

mod delivery;
mod file;
mod file_store;
mod jetstream;
mod jetstream_log;
mod jetstream_store;
mod jetstream_subscriptions;
mod links;
mod receiver;
mod redis;
mod redis_scripts;
mod redis_store;
mod request;
mod retention;
mod store;
mod wakes;

pub use file::FileEventStreams;
pub use jetstream::JetStreamEventStreams;
pub use receiver::EventReceiver;
pub use redis::RedisEventStreams;
