//! The providers of servers, each against the real product that it stands on.

mod conformance;
mod eventstreams;
mod keyvalue;
mod keyvalue2;
mod linked;
mod redis_server;
