//! The providers of servers, each against the real product that it stands on.

mod blobstore;
mod conformance;
mod cron;
mod eventstreams;
mod hosted;
mod http_client;
mod http_server;
mod key_value;
mod keyvalue;
mod keyvalue2;
mod linked;
mod messaging;
#[path = "../cli/nats_server.rs"]
mod nats_server;
mod postgres_server;
mod redis_server;
mod s3_server;
mod secrets;
mod sqldb;
mod telnet;
#[path = "../cli/vault_store.rs"]
mod vault_store;
mod wire;
