//! The server's engine: wasmtime.

mod imports;
mod wasmtime;

pub use self::wasmtime::{WasmtimeEngine, WasmtimeError};
