//! What Postgres says of a statement, under the codes of all databases, and what means that it is away.

use std::time::Duration;

use sqlx::{
    Error,
    postgres::{PgDatabaseError, PgSeverity},
};

use super::{
    failure::{Code, Failure},
    turns::too_long,
};

/// Why Postgres did not do something.
#[derive(Debug)]
pub(super) enum PostgresFailure {
    /// It cannot be reached, or the connection is of no use any more.
    Lost(String),
    /// It is there, but does not let in.
    Locked(String),
    /// It says why.
    Said(Failure),
    /// A statement that was kept does not fit the tables any more, and was not begun.
    Stale,
}

impl From<Failure> for PostgresFailure {
    fn from(failure: Failure) -> Self {
        Self::Said(failure)
    }
}

impl PostgresFailure {
    /// That of a connection which cannot be made.
    pub(super) fn connecting(error: &Error) -> Self {
        match said(error) {
            Some(said) if !is_for_now(said.code()) => Self::Locked(words(said)),
            Some(said) => Self::Lost(words(said)),
            None => match error {
                Error::Configuration(_) | Error::Tls(_) => Self::Locked(error.to_string()),
                other => Self::Lost(other.to_string()),
            },
        }
    }

    /// That of a statement.
    pub(super) fn running(error: &Error, timeout: Duration) -> Self {
        let Some(said) = said(error) else {
            return match error {
                Error::ColumnDecode { .. } | Error::Decode(_) | Error::Encode(_) => {
                    Self::Said(Failure::new(Code::DbError, error.to_string()))
                }
                other => Self::Lost(other.to_string()),
            };
        };
        if matches!(said.severity(), PgSeverity::Fatal | PgSeverity::Panic) || is_for_now(said.code()) {
            return Self::Lost(words(said));
        }
        match (said.code(), said.routine()) {
            ("0A000", Some("RevalidateCachedQuery")) => Self::Stale,
            ("57014", _) => Self::Said(too_long(timeout)),
            ("42601", Some("exec_parse_message")) => Self::Said(Failure::several()),
            (code, _) => Self::Said(Failure::new(kind(code), words(said))),
        }
    }
}

fn said(error: &Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()
}

/// Whether a SQLSTATE means that Postgres may be well again later: it starts, stops, or has no room for one more.
fn is_for_now(state: &str) -> bool {
    state.starts_with("08") || state.starts_with("57P") || state == "53300"
}

/// The code that a SQLSTATE goes by.
fn kind(state: &str) -> Code {
    match state {
        "42501" | "25006" | "25001" => Code::Denied,
        "55P03" => Code::Conflict,
        // A type that no parameter has been given.
        "42P18" => Code::InvalidParameter,
        _ => match state.get(..2) {
            Some("23") => Code::Constraint,
            Some("22") => Code::InvalidData,
            Some("40") => Code::Conflict,
            Some("42" | "0A" | "3D" | "3F") => Code::InvalidSql,
            _ => Code::DbError,
        },
    }
}

/// What it says, with the SQLSTATE.
fn words(said: &PgDatabaseError) -> String {
    let mut words = format!("{} (SQLSTATE {})", said.message(), said.code());
    for more in [said.detail(), said.hint()].into_iter().flatten() {
        words.push_str(": ");
        words.push_str(more.trim_end_matches('.'));
    }
    words
}
