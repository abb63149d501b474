//! The command line, run as a user runs it: the real program against a real server.

mod auth;
mod claims;
mod contracts;
mod edges;
mod eventstreams;
mod join;
mod keyvalue2;
mod limits;
mod nats;
mod nats_listen;
mod nats_scoped;
mod nats_server;
mod policy;
mod program;
mod providers;
mod rates;
#[path = "../providers/redis_server.rs"]
mod redis_server;
mod restart;
mod secrets;
mod session;
mod tls;
mod usage;
mod vault;
