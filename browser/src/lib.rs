//! The tab host: the core on the page's own WebAssembly, and the surface that JavaScript sees.
//!
//! Builds for wasm32 only. One thread, so nothing here is `Send`, and no borrow may be held across a guest's call: until
//! the guest first suspends, it runs inside the core's own.

mod bus;
pub mod engine;
mod error;
mod host;
mod log;
mod options;
pub mod platform;
mod provider;
mod signing;
mod start;
mod timers;

pub use host::TabHost;
pub use signing::{account_key, claims_to_sign, embed_signature, key_of_seed, sign_by_seed};
