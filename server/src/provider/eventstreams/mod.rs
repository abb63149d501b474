//! `wisteria:eventstreams`: what all providers of it share, and the products they stand on.

mod delivery;
mod file;
mod file_store;
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
pub use receiver::EventReceiver;
pub use redis::RedisEventStreams;
