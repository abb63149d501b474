//! How a module or a guest can fail, the same on every engine.

use thiserror::Error;

/// Why an engine could not compile a prepared module.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error(
    "the {engine} engine cannot compile the module: {cause}; build it for wasm32-unknown-unknown without threads or SIMD beyond 128 bits"
)]
pub struct CompileError {
    /// The engine that refused.
    pub engine: &'static str,
    /// Its words.
    pub cause: String,
}

impl CompileError {
    /// An engine's refusal with its own words.
    pub fn new(engine: &'static str, cause: impl std::fmt::Display) -> Self {
        Self { engine, cause: cause.to_string() }
    }
}

/// Why a guest did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GuestError {
    /// The guest answered with an error of its own; the instance is sound.
    #[error("{0}")]
    Failed(String),
    /// The guest trapped; the instance is lost.
    #[error("trapped: {0}")]
    Trap(String),
    /// The guest used up its fuel; the instance is lost.
    #[error("used up its {fuel} units of fuel; raise the actor's fuel limit or make the operation cheaper")]
    OutOfFuel {
        /// The budget that was not enough.
        fuel: u64,
    },
    /// The host has no room for one more instance.
    #[error("cannot be instantiated: {0}")]
    Instantiate(String),
}
