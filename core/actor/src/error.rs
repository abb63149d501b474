//! Why an actor could not do what it was asked.

use thiserror::Error;
use wisteria_contracts::codec::DecodeError;

/// What a handler fails with. The caller reads its text.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The actor has no handler for the operation.
    #[error("this actor has no operation {operation}; it has: {known}")]
    UnknownOperation {
        /// What was asked for.
        operation: String,
        /// What there is.
        known: String,
    },
    /// The argument, or the reply to an own call, is not of the expected shape.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A call to a capability or another actor failed.
    #[error("{0}")]
    Host(String),
    /// A failure of the actor's own.
    #[error("{0}")]
    Failed(String),
}

/// What a handler returns.
pub type Result<T> = std::result::Result<T, Error>;

impl From<String> for Error {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::Failed(text.to_owned())
    }
}
