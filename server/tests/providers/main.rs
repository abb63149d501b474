//! The providers of servers, each against the real product that it stands on.

mod conformance;
mod keyvalue;
mod linked;
mod messaging;
#[path = "../cli/nats_server.rs"]
mod nats_server;
mod redis_server;
