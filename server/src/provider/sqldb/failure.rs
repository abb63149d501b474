//! Why a statement was not carried out. What the actor can do something about is in the reply, under a few codes.

use wisteria_contracts::sqldb::SqlDbError;
use wisteria_core::provider::ProviderError;

/// The codes, which are the same for every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// The statement cannot be understood, or names what is not there.
    InvalidSql,
    /// A parameter is missing, too many, unreadable, or not what the statement wants there.
    InvalidParameter,
    /// A value does not fit: out of range, of another type, not to be computed.
    InvalidData,
    /// A unique key, a foreign key, a check or NOT NULL does not allow it.
    Constraint,
    /// The link's database user, or this provider, does not allow it.
    Denied,
    /// Another statement was in the way; it may go well next time.
    Conflict,
    /// It took longer than the link's `TIMEOUT`.
    Timeout,
    /// The result, or the statement, is larger than it may be.
    TooLarge,
    /// A column has a type that is not carried.
    UnsupportedType,
    /// The link does not lead to the database that was named.
    UnknownDatabase,
    /// Anything else that the database says.
    DbError,
}

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidSql => "invalidSql",
            Self::InvalidParameter => "invalidParameter",
            Self::InvalidData => "invalidData",
            Self::Constraint => "constraint",
            Self::Denied => "denied",
            Self::Conflict => "conflict",
            Self::Timeout => "timeout",
            Self::TooLarge => "tooLarge",
            Self::UnsupportedType => "unsupportedType",
            Self::UnknownDatabase => "unknownDatabase",
            Self::DbError => "dbError",
        }
    }
}

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the reply says.
    Said(SqlDbError),
    /// The call itself fails.
    Call(ProviderError),
}

impl Failure {
    /// A failure that the reply tells.
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self::Said(SqlDbError { code: code.as_str().to_owned(), message: message.into() })
    }

    /// That of several statements in one text.
    pub(super) fn several() -> Self {
        Self::new(Code::InvalidSql, "there are several statements; send each by itself")
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self::Call(error)
    }
}
