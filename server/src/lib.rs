//! The `wisteria` binary: wasmtime, native providers, HTTP API and command line.

mod auth;
pub mod cli;
pub mod data_dir;
pub mod edge;
pub mod engine;
pub mod keys;
mod log;
pub mod metadata;
pub mod modules;
pub mod nats;
mod nats_listener;
pub mod platform;
pub mod policy;
pub mod provider;
pub mod secrets;
pub mod source;
pub mod up;
mod web;
