//! The providers of servers, each against the real product that it stands on.

mod conformance;
mod http_client;
mod keyvalue;
mod linked;
mod redis_server;
