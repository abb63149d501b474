//! The providers of servers, each against the real product that it stands on.

mod blobstore;
mod conformance;
mod http_client;
mod hosted;
mod keyvalue;
mod linked;
mod redis_server;
mod s3_server;
mod wire;
