//! The command line, run as a user runs it: the real program against a real server.

mod actor_secrets;
mod app;
mod auth;
mod claims;
mod contracts;
mod cron;
mod edges;
mod eventstreams;
mod http_client;
mod http_server;
mod jetstream;
mod join;
mod keyvalue2;
mod limits;
mod messaging;
mod nats;
mod nats_listen;
mod nats_scoped;
mod nats_server;
mod policy;
#[expect(dead_code, reason = "these tests do not end it before they end")]
#[path = "../providers/postgres_server.rs"]
mod postgres_server;
mod program;
mod providers;
mod rates;
#[path = "../providers/redis_server.rs"]
mod redis_server;
mod restart;
#[path = "../providers/s3_server.rs"]
mod s3_server;
mod secrets;
mod session;
mod stores;
mod swap;
mod telnet;
mod tls;
mod usage;
mod vault;
mod vault_store;
