//! A database in a file, by SQLite.

use std::{
    fmt::{self, Debug, Formatter},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use futures::TryStreamExt;
use libsqlite3_sys as ffi;
use sqlx::{
    Arguments, AssertSqlSafe, Decode, Either, Error, Executor, Row, Sqlite, TypeInfo, ValueRef,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::{runtime::Handle, task::spawn_blocking};
use wisteria_contracts::sqldb::Column;
use wisteria_core::provider::ProviderError;

use super::{
    failure::{Code, Failure},
    request::{Outcome, Request},
    rows::{Cell, Rows},
    sqlite_connection::SqliteConnection,
    sqlite_walls::Unfit,
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
    /// The database in that file, which is made where it is missing. Waits for the disk.
    pub(super) fn open(path: PathBuf, max_size: u64, pace: Pace) -> Result<Arc<Self>, String> {
        let folder = path.parent().expect("it is in a folder");
        // What actors keep is nobody else's business.
        let private = make_private(folder).and_then(|()| make_private_file(&path));
        private.map_err(|error| unusable(&path, &error.to_string()))?;
        let first = Handle::current().block_on(SqliteConnection::open(&path, max_size, pace.timeout));
        let first = first.map_err(|error| unusable(&path, &words(&error)))?;
        Ok(Arc::new(Self { path, max_size, pace, turns: Turns::new(pace), idle: Mutex::new(vec![first]) }))
    }

    /// Has a statement carried out. It goes on where nobody waits for it any more.
    pub(super) async fn run(self: &Arc<Self>, request: Request) -> Result<Outcome, Failure> {
        let turn = self.turns.take().await?;
        let this = self.clone();
        // To look at a statement may need the disk, in the thread that asks.
        let ran = spawn_blocking(move || {
            let outcome = Handle::current().block_on(this.carry_out(&request));
            drop(turn);
            outcome
        });
        ran.await.map_err(|error| ProviderError::Failed(error.to_string()))?
    }

    async fn carry_out(&self, request: &Request) -> Result<Outcome, Failure> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let opened = SqliteConnection::open(&self.path, self.max_size, self.pace.timeout).await;
                opened.map_err(|error| self.failure(&error))?
            }
        };
        let outcome = self.carry_out_on(&mut connection, request).await;
        if connection.reset().await.is_ok() {
            self.idle().push(connection);
        }
        outcome
    }

    async fn carry_out_on(&self, connection: &mut SqliteConnection, request: &Request) -> Result<Outcome, Failure> {
        let failed = |error: Error| self.failure(&error);
        let begun = connection.begin(&request.sql, Instant::now() + self.pace.timeout).await.map_err(failed)?;
        let examined = begun.map_err(|unfit| match unfit {
            Unfit::Sqlite(code, words) => self.said(code, words, Code::InvalidSql),
            Unfit::Said(failure) => failure,
        })?;
        check_count(examined.placeholders, request.parameters.len())?;
        let bound = bind(&request.parameters)?;
        if examined.writes {
            connection.begin_writing().await.map_err(failed)?;
        }
        let (before, _) = connection.changes().await.map_err(failed)?;
        let columns = examined.columns;
        let mut rows = Rows::new();
        {
            let query = sqlx::query_with(AssertSqlSafe(request.sql.clone()), bound).persistent(false);
            let mut results = connection.inner().fetch_many(query);
            while let Some(result) = results.try_next().await.map_err(failed)? {
                if let Either::Right(row) = result
                    && request.wants_rows()
                {
                    rows.push(columns.iter().enumerate().map(|(index, column)| cell(&row, index, column)))?;
                }
            }
        }
        let (after, changed) = connection.changes().await.map_err(failed)?;
        if examined.writes {
            connection.commit().await.map_err(failed)?;
        }
        // What changes no row leaves the number of what did before.
        let rows_affected = if after == before { 0 } else { u64::try_from(changed).unwrap_or_default() };
        Ok(Outcome { rows_affected, columns, rows })
    }

    /// The failure of a statement that was understood.
    fn failure(&self, error: &Error) -> Failure {
        match error.as_database_error().and_then(|said| said.code()?.parse().ok()) {
            Some(code) => self.said(code, words(error), Code::InvalidData),
            None => ProviderError::Failed(unusable(&self.path, &error.to_string())).into(),
        }
    }

    /// The failure that SQLite tells by a code; one that tells nothing more is of that kind.
    fn said(&self, code: i32, words: String, other: Code) -> Failure {
        // What is above says more about it.
        match code & 0xff {
            ffi::SQLITE_CONSTRAINT => Failure::new(Code::Constraint, words),
            ffi::SQLITE_INTERRUPT => too_long(self.pace.timeout),
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Failure::new(
                Code::Conflict,
                format!("others wrote all the while: {words}; nothing is changed, so try again, or raise TIMEOUT"),
            ),
            ffi::SQLITE_AUTH => Failure::new(
                Code::Denied,
                format!("{words}; an actor has the tables of its link's database, and no other file or setting"),
            ),
            ffi::SQLITE_TOOBIG | ffi::SQLITE_MISMATCH | ffi::SQLITE_RANGE => Failure::new(Code::InvalidData, words),
            ffi::SQLITE_FULL => Failure::new(
                Code::DbError,
                format!("{words}; the link's MAX_SIZE is reached, or the disk has no room: remove rows, or raise it"),
            ),
            ffi::SQLITE_IOERR
            | ffi::SQLITE_CORRUPT
            | ffi::SQLITE_NOTADB
            | ffi::SQLITE_CANTOPEN
            | ffi::SQLITE_READONLY => ProviderError::Failed(unusable(&self.path, &words)).into(),
            ffi::SQLITE_ERROR => Failure::new(other, words),
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

/// What SQLite says.
fn words(error: &Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
}

fn bind(parameters: &[SqlValue]) -> Result<SqliteArguments, Failure> {
    let mut bound = SqliteArguments::default();
    for value in parameters {
        let added = match value {
            SqlValue::Null => bound.add(None::<i64>),
            SqlValue::Boolean(value) => bound.add(*value),
            SqlValue::Integer(value) => bound.add(*value),
            SqlValue::Float(value) => bound.add(*value),
            SqlValue::Text(value) => bound.add(value.clone()),
            SqlValue::Bytes(value) => bound.add(value.clone()),
        };
        added.map_err(|error| Failure::new(Code::InvalidParameter, error.to_string()))?;
    }
    Ok(bound)
}

/// A value as its column was declared: SQLite keeps booleans as 0 and 1.
fn cell<'a>(row: &'a SqliteRow, index: usize, column: &Column) -> Result<Cell<'a>, Failure> {
    let unreadable = || {
        let name = &column.name;
        Failure::new(
            Code::InvalidData,
            format!("column {name:?} holds text that is no UTF-8; cast it: CAST({name} AS BLOB)"),
        )
    };
    let value = row.try_get_raw(index).map_err(|_| unreadable())?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info().name().to_owned();
    let cell = match &*kind {
        "REAL" => <f64 as Decode<'_, Sqlite>>::decode(value).map(Cell::Double),
        "TEXT" => <&str as Decode<'_, Sqlite>>::decode(value).map(Cell::Text),
        "BLOB" => <&[u8] as Decode<'_, Sqlite>>::decode(value).map(Cell::Bytes),
        _ => <i64 as Decode<'_, Sqlite>>::decode(value).map(|number| match number {
            0..=1 if is_boolean(&column.db_type) => Cell::Boolean(number == 1),
            number => Cell::Integer(number),
        }),
    };
    cell.map_err(|_| unreadable())
}

fn is_boolean(db_type: &str) -> bool {
    db_type.eq_ignore_ascii_case("boolean") || db_type.eq_ignore_ascii_case("bool")
}
