//! The `wisteria` binary: wasmtime, native providers, HTTP API and command line.

pub mod engine;
pub mod platform;
