//! The actor runtime of Wisteria: what a host is, without any I/O of its own.
//!
//! The same code runs in a server process and in a browser tab. It knows no runtime, no socket, no clock: those come
//! in through [`platform::Platform`], [`engine::Engine`], [`bus::Bus`] and [`provider::Provider`].

pub mod bus;
pub mod call;
pub mod encoding;
pub mod engine;
pub mod error;
pub mod host;
pub mod identity;
pub mod lattice;
pub mod manifest;
mod messagepack;
pub mod metadata;
mod order;
pub mod platform;
pub mod policy;
pub mod provider;
pub mod secret;
pub mod text;
