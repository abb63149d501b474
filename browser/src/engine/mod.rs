//! The page's own WebAssembly as an engine: JSPI suspends guests at their host calls.
//!
//! What needs no waiting happens in a hand-written JavaScript shim beside the guest; the core is entered for host calls
//! and log lines only.

mod instance;
mod jspi;
mod shim;

pub use jspi::{JspiEngine, is_supported};
