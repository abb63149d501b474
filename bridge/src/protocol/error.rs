//! What can be wrong with bytes that should be the protocol.

use thiserror::Error;
use wisteria_core::bus::SubjectError;

/// Why bytes are not a sound operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The line starts with no verb of the protocol.
    #[error("unknown operation {0:?}")]
    UnknownOperation(String),
    /// A line without end.
    #[error("a control line is longer than {limit} bytes")]
    LineTooLong {
        /// What is allowed.
        limit: usize,
    },
    /// A message announces more than is allowed.
    #[error("a message of {size} bytes is above the limit of {limit} bytes")]
    PayloadTooLarge {
        /// What was announced.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The arguments do not fit the verb.
    #[error("malformed {verb}: {cause}")]
    Malformed {
        /// The verb.
        verb: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// The headers are not headers.
    #[error("malformed headers: {0}")]
    Headers(&'static str),
    /// The subject is not one.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// An operation came before `CONNECT`.
    #[error("{0} came before CONNECT")]
    NotConnected(&'static str),
}

impl ProtocolError {
    /// Whether the connection must end; the others spoil one operation only.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Subject(_) | Self::Headers(_))
    }

    /// The text by which NATS servers name it in `-ERR`.
    pub fn nats_text(&self) -> &'static str {
        match self {
            Self::UnknownOperation(_) => "Unknown Protocol Operation",
            Self::LineTooLong { .. } => "Maximum Control Line Exceeded",
            Self::PayloadTooLarge { .. } => "Maximum Payload Violation",
            Self::Malformed { .. } | Self::Headers(_) => "Parser Error",
            Self::Subject(_) => "Invalid Subject",
            Self::NotConnected(_) => "Authorization Violation",
        }
    }

    pub(super) fn malformed(verb: &'static str, cause: &dyn ToString) -> Self {
        Self::Malformed { verb, cause: cause.to_string() }
    }
}
