//! A database in a file, by SQLite.

use std::{
    fmt::{self, Debug, Formatter},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use rusqlite::{
    Error, ErrorCode, Statement,
    types::{Null, ValueRef},
};
use tokio::task::spawn_blocking;
use wisteria_contracts::sqldb::Column;
use wisteria_core::provider::ProviderError;

use super::{
    failure::{Code, Failure},
    request::{Outcome, Request},
    rows::{Cell, Rows},
    sqlite_connection::SqliteConnection,
    turns::{Pace, Turns, too_long},
    value::{SqlValue, check_count},
};
use crate::data_dir::{make_private, make_private_file};

/// What one link has of a database.
pub(super) struct SqliteDatabase {
    path: PathBuf,
    max_size: u64,
    pace: Pace,
    turns: Turns,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Debug for SqliteDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteDatabase").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteDatabase {
    /// The database in that file, which is made where it is missing.
    pub(super) fn open(path: PathBuf, max_size: u64, pace: Pace) -> Result<Arc<Self>, String> {
        let folder = path.parent().expect("it is in a folder");
        // What actors keep is nobody else's business.
        let private = make_private(folder).and_then(|()| make_private_file(&path));
        private.map_err(|error| unusable(&path, &error.to_string()))?;
        let first = SqliteConnection::open(&path, max_size).map_err(|error| unusable(&path, &error.to_string()))?;
        Ok(Arc::new(Self { path, max_size, pace, turns: Turns::new(pace), idle: Mutex::new(vec![first]) }))
    }

    /// Has a statement carried out. It goes on where nobody waits for it any more.
    pub(super) async fn run(self: &Arc<Self>, request: Request) -> Result<Outcome, Failure> {
        let turn = self.turns.take().await?;
        let this = self.clone();
        let ran = spawn_blocking(move || {
            let outcome = this.carry_out(&request);
            drop(turn);
            outcome
        });
        ran.await.map_err(|error| ProviderError::Failed(error.to_string()))?
    }

    fn carry_out(&self, request: &Request) -> Result<Outcome, Failure> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::open(&self.path, self.max_size).map_err(|error| self.failure(error, true))?,
        };
        let outcome = self.carry_out_on(&connection, request);
        if connection.reset() {
            self.idle().push(connection);
        }
        outcome
    }

    fn carry_out_on(&self, connection: &SqliteConnection, request: &Request) -> Result<Outcome, Failure> {
        connection.begin(Instant::now() + self.pace.timeout).map_err(|error| self.failure(error, true))?;
        let mut statement = connection.prepare(&request.sql).map_err(|error| self.failure(error, false))??;
        bind(&mut statement, &request.parameters).map_err(|failure| match failure {
            Unbound::Said(failure) => failure,
            Unbound::Sqlite(error) => self.failure(error, true),
        })?;
        let writes = !statement.readonly();
        if writes {
            connection.begin_writing().map_err(|error| self.failure(error, true))?;
        }
        let (before, _) = connection.changes();
        let columns = columns(&statement);
        let mut rows = Rows::new();
        let mut found = statement.raw_query();
        while let Some(row) = found.next().map_err(|error| self.failure(error, true))? {
            if request.wants_rows() {
                rows.push(columns.iter().enumerate().map(|(index, column)| {
                    let value = row.get_ref(index).map_err(|error| self.failure(error, true))?;
                    cell(value, column)
                }))?;
            }
        }
        drop(found);
        let (after, changed) = connection.changes();
        drop(statement);
        if writes {
            connection.commit().map_err(|error| self.failure(error, true))?;
        }
        // What changes no row leaves the number of what did before.
        Ok(Outcome { rows_affected: if after == before { 0 } else { changed }, columns, rows })
    }

    /// The failure of a statement, which was understood or not.
    fn failure(&self, error: Error, is_understood: bool) -> Failure {
        let Error::SqliteFailure(cause, words) = error else {
            return match error {
                Error::SqlInputError { msg, .. } => Failure::new(Code::InvalidSql, msg),
                other => Failure::new(Code::DbError, other.to_string()),
            };
        };
        let words = words.unwrap_or_else(|| cause.to_string());
        match cause.code {
            ErrorCode::ConstraintViolation => Failure::new(Code::Constraint, words),
            ErrorCode::OperationInterrupted => too_long(self.pace.timeout),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Failure::new(
                Code::Conflict,
                format!("others wrote all the while: {words}; nothing is changed, so try again, or raise TIMEOUT"),
            ),
            ErrorCode::AuthorizationForStatementDenied => Failure::new(
                Code::Denied,
                format!("{words}; an actor has the tables of its link's database, and no other file or setting"),
            ),
            ErrorCode::TooBig | ErrorCode::TypeMismatch | ErrorCode::ParameterOutOfRange => {
                Failure::new(Code::InvalidData, words)
            }
            ErrorCode::DiskFull => Failure::new(
                Code::DbError,
                format!("{words}; the link's MAX_SIZE is reached, or the disk has no room: remove rows, or raise it"),
            ),
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly => Failure::Call(ProviderError::Failed(unusable(&self.path, &words))),
            ErrorCode::Unknown if is_understood => Failure::new(Code::InvalidData, words),
            ErrorCode::Unknown => Failure::new(Code::InvalidSql, words),
            _ => Failure::new(Code::DbError, words),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().expect("nothing panics under this lock")
    }
}

fn unusable(path: &Path, cause: &str) -> String {
    format!("{}: {cause}; see that the disk has room and the file is a database that can be written", path.display())
}

/// Why a parameter was not bound.
enum Unbound {
    Said(Failure),
    Sqlite(Error),
}

/// Gives each placeholder its parameter. `$2` is the second wherever it stands, as `?2` is.
fn bind(statement: &mut Statement<'_>, parameters: &[SqlValue]) -> Result<(), Unbound> {
    let number = |index: usize| {
        let name = statement.parameter_name(index)?;
        name.strip_prefix('$')?.parse::<usize>().ok()
    };
    let places: Vec<_> = (1..=statement.parameter_count()).map(|index| number(index).unwrap_or(index)).collect();
    let placeholders = places.iter().copied().max().unwrap_or(0);
    check_count(placeholders, parameters.len()).map_err(Unbound::Said)?;
    for (index, place) in places.iter().enumerate() {
        let Some(value) = place.checked_sub(1).and_then(|place| parameters.get(place)) else {
            let refused = Failure::new(Code::InvalidParameter, "placeholders are counted from 1: $1");
            return Err(Unbound::Said(refused));
        };
        let index = index + 1;
        let bound = match value {
            SqlValue::Null => statement.raw_bind_parameter(index, Null),
            SqlValue::Boolean(value) => statement.raw_bind_parameter(index, value),
            SqlValue::Integer(value) => statement.raw_bind_parameter(index, value),
            SqlValue::Float(value) => statement.raw_bind_parameter(index, value),
            SqlValue::Text(value) => statement.raw_bind_parameter(index, value),
            SqlValue::Bytes(value) => statement.raw_bind_parameter(index, value),
        };
        bound.map_err(Unbound::Sqlite)?;
    }
    Ok(())
}

fn columns(statement: &Statement<'_>) -> Vec<Column> {
    let columns = statement.columns();
    let each = columns.iter().zip(0..).map(|(column, ordinal)| Column {
        ordinal,
        name: column.name().to_owned(),
        db_type: column.decl_type().unwrap_or_default().to_owned(),
    });
    each.collect()
}

/// A value as its column was declared: SQLite keeps booleans as 0 and 1.
fn cell<'a>(value: ValueRef<'a>, column: &Column) -> Result<Cell<'a>, Failure> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number @ 0..=1) if is_boolean(&column.db_type) => Cell::Boolean(number == 1),
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Double(number),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).map_err(|_| {
            let name = &column.name;
            Failure::new(
                Code::InvalidData,
                format!("column {name:?} holds text that is no UTF-8; cast it: CAST({name} AS BLOB)"),
            )
        })?),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    })
}

fn is_boolean(db_type: &str) -> bool {
    db_type.eq_ignore_ascii_case("boolean") || db_type.eq_ignore_ascii_case("bool")
}
