//! A connection to a database of SQLite, behind its walls.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Error,
    sqlite::{LockedSqliteHandle, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::sqlite_walls::{Examined, Unfit, changes, examine, is_in_transaction, put_up, set_patience};

/// How many steps SQLite takes before it looks at the time again.
const STEPS: i32 = 1_000;

/// Bytes of a page.
const PAGE: u32 = 4_096;

/// A connection, open.
#[derive(Debug)]
pub(super) struct SqliteConnection(sqlx::SqliteConnection);

impl SqliteConnection {
    /// One to the database in that file, of `max_size` bytes at most.
    pub(super) async fn open(path: &Path, max_size: u64, patience: Duration) -> Result<Self, Error> {
        let pages = (max_size / u64::from(PAGE)).clamp(1, u32::MAX.into());
        let options = SqliteConnectOptions::new()
            .filename(path)
            .page_size(PAGE)
            // With both, what was committed is on the disk.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("max_page_count", pages.to_string())
            .busy_timeout(patience)
            // What is kept prepared would be prepared again whenever the walls are looked at.
            .statement_cache_capacity(0)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        put_up(&mut connection.lock_handle().await?).map_err(|why| Error::Configuration(why.into()))?;
        Ok(Self(connection))
    }

    /// The connection that carries out what was looked at.
    pub(super) const fn inner(&mut self) -> &mut sqlx::SqliteConnection {
        &mut self.0
    }

    /// Looks at a statement, and ends what is carried out from now on at that time; it may wait for others to write until
    /// then.
    pub(super) async fn begin(&mut self, sql: &str, deadline: Instant) -> Result<Result<Examined, Unfit>, Error> {
        let mut handle = self.handle().await?;
        set_patience(&mut handle, deadline.saturating_duration_since(Instant::now()));
        handle.set_progress_handler(STEPS, move || Instant::now() < deadline);
        Ok(examine(&mut handle, sql))
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin_writing(&mut self) -> Result<(), Error> {
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut self.0).await.map(|_| ())
    }

    /// Has on the disk what was written.
    pub(super) async fn commit(&mut self) -> Result<(), Error> {
        // Once it is begun it is seen through.
        self.handle().await?.remove_progress_handler();
        sqlx::raw_sql("COMMIT").execute(&mut self.0).await.map(|_| ())
    }

    /// Takes back what was written and not committed, if anything was.
    pub(super) async fn reset(&mut self) -> Result<(), Error> {
        let is_in_transaction = {
            let mut handle = self.handle().await?;
            handle.remove_progress_handler();
            is_in_transaction(&mut handle)
        };
        if is_in_transaction {
            sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await?;
        }
        Ok(())
    }

    /// How many rows were changed up to now, those by triggers included, and how many by the last statement that changed any.
    pub(super) async fn changes(&mut self) -> Result<(i64, i64), Error> {
        Ok(changes(&mut self.handle().await?))
    }

    async fn handle(&mut self) -> Result<LockedSqliteHandle<'_>, Error> {
        self.0.lock_handle().await
    }
}
