//! The contracts between actors and providers: names of operations and the shapes that go in and out.
//!
//! The shapes of `wasmcloud:` contracts are those of wasmCloud's interface crates of the 0.82 generation; `wisteria:`
//! contracts are Wisteria's own. Field names are as on the wire.
//! Used by hosts, providers and guests alike; knows nothing of any of them.

pub mod actor;
pub mod blobstore;
pub mod codec;
pub mod cron;
pub mod eventstreams;
pub mod httpclient;
pub mod httpserver;
pub mod keyvalue;
pub mod keyvalue2;
pub mod logging;
pub mod messaging;
pub mod numbergen;
#[cfg(feature = "schema")]
pub mod schema;
pub mod secrets;
pub mod sqldb;
pub mod telnet;
pub mod ui;
