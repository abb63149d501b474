//! What the core asks of a WebAssembly engine: compile a module, instantiate it, call it.
//!
//! Guests follow the waPC convention and make *synchronous* host calls; the engine suspends them. Every engine
//! gets the same prepared bytes (see [`prepare`]) and must pass the same conformance suite.

mod error;
mod meter;
mod operators;
mod prepare;
mod rewrite;
pub mod wapc;
#[cfg(feature = "wasmi")]
mod wasmi;

#[cfg(feature = "wasmi")]
pub use self::wasmi::WasmiEngine;
pub use error::{CompileError, GuestError};
pub use prepare::{
    FUEL_EXPORT, ModuleLimits, PrepareError, PreparedModule, START_EXPORT, StubImport, WASI_ENOSYS, prepare,
    rewrite_module,
};

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;

use crate::platform::{BoxFuture, MaybeSend, MaybeSync};

/// Compiles prepared modules. One per host.
pub trait Engine: Debug + MaybeSend + MaybeSync + 'static {
    /// The engine's name as operators read it: `wasmtime`, `jspi`, `wasmi`.
    fn name(&self) -> &'static str;

    /// Compiles a module once; its instances are made from the result.
    fn compile<'a>(&'a self, module: &'a PreparedModule) -> BoxFuture<'a, Result<Arc<dyn Module>, CompileError>>;
}

/// A compiled module, ready to be instantiated any number of times.
pub trait Module: Debug + MaybeSend + MaybeSync + 'static {
    /// Makes an instance with a memory of its own and runs what it [starts](PreparedModule::starts) with, with `fuel` for each. A host call made meanwhile fails: a guest may call only while it is being called.
    fn instantiate(&self, fuel: u64) -> BoxFuture<'_, Result<Box<dyn Instance>, GuestError>>;
}

/// One guest with its memory. It handles one call at a time, which `&mut self` states.
pub trait Instance: Debug + MaybeSend + 'static {
    /// Delivers one message and returns the guest's reply.
    ///
    /// After a [`GuestError::Failed`] the instance may be called again; after any other error, or when the future
    /// is dropped before it completes, the caller drops the instance.
    fn call(&mut self, call: GuestCall) -> BoxFuture<'_, Result<GuestReply, GuestError>>;

    /// Bytes of its memory.
    fn memory(&self) -> u64;
}

/// One message to a guest.
#[derive(Debug, Clone)]
pub struct GuestCall {
    /// The operation, `Service.Method`.
    pub operation: Arc<str>,
    /// The encoded argument.
    pub payload: Bytes,
    /// How much the guest may compute, in the units of [`prepare`]; spent on return or trapped as out of fuel.
    pub fuel: u64,
    /// Where the guest's own calls and log lines go.
    pub host: Arc<dyn HostCalls>,
}

/// What a guest answered, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestReply {
    /// The encoded reply.
    pub payload: Bytes,
    /// Fuel used, equal on every engine for equal input.
    pub fuel_used: u64,
}

/// The guest's way out while it handles a call.
pub trait HostCalls: Debug + MaybeSend + MaybeSync + 'static {
    /// Carries out a guest's `__host_call`. The error is the text that the guest reads.
    fn call(&self, call: HostCall) -> BoxFuture<'static, Result<Bytes, String>>;

    /// A line of the guest's `__console_log`. Must not block.
    fn log(&self, text: &str);
}

/// What a guest asked for through `__host_call`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCall {
    /// The link name for a provider; empty for an actor.
    pub binding: String,
    /// The contract id for a provider; module key or call alias for an actor.
    pub namespace: String,
    /// The operation, `Service.Method`.
    pub operation: String,
    /// The encoded argument.
    pub payload: Bytes,
}
