//! A database of Postgres. Each statement is a transaction of its own on a connection that nobody else uses meanwhile.

use std::{
    fmt::{self, Debug, Formatter},
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Either, Executor, PgConnection, SqlSafeStr, Statement,
    postgres::PgStatement,
};
use tokio::{sync::oneshot, time::timeout};
use wisteria_core::{platform::Platform, provider::ProviderError};

use super::{
    failure::Failure,
    postgres_columns::{cell, describe},
    postgres_failure::PostgresFailure,
    postgres_parameters::bind,
    postgres_settings::Settings,
    request::{Outcome, Request},
    rows::Rows,
    turns::Turns,
    words,
};
use crate::provider::availability::Availability;

/// How much longer than its `TIMEOUT` a statement is waited for, as Postgres is to end it and say so.
const GRACE: Duration = Duration::from_secs(1);

/// How long a connection that nobody uses is trusted to lead anywhere.
const MAX_IDLE: Duration = Duration::from_secs(300);

/// Longest statement that a connection keeps to carry it out again, in bytes.
const MAX_KEPT: usize = 8 << 10;

/// What a statement might leave in a session, and what takes it away.
const TIDY: &str = "RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP";

/// What one link has of a database.
pub(super) struct PostgresDatabase {
    settings: Settings,
    turns: Turns,
    availability: Arc<Availability>,
    idle: Mutex<Idle>,
    platform: Arc<dyn Platform>,
}

/// Connections that nobody uses now.
#[derive(Default)]
struct Idle {
    /// Each tidy, and since when nobody uses it.
    connections: Vec<(PgConnection, Duration)>,
    /// How often the database was lost. A connection of before leads nowhere.
    losses: u64,
}

/// A connection, and how often the database had been lost when it was made.
type Connected = (PgConnection, u64);

impl Debug for PostgresDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDatabase").field("address", &self.settings.address()).finish_non_exhaustive()
    }
}

impl PostgresDatabase {
    /// The database that the settings name. Where it does not have to be reached, it may be later.
    pub(super) async fn open(settings: Settings, must: bool, platform: Arc<dyn Platform>) -> Result<Arc<Self>, String> {
        let availability = Availability::new(format!("Postgres at {}", settings.address()), platform.clone());
        let turns = Turns::new(settings.pace);
        let this = Arc::new(Self { settings, turns, availability, idle: Mutex::default(), platform });
        match this.connect().await {
            Ok(connected) => this.put(connected),
            Err(PostgresFailure::Lost(why)) if !must => this.lost(&why),
            Err(failure) => return Err(this.words(&failure)),
        }
        Ok(this)
    }

    /// The name of the database.
    pub(super) fn name(&self) -> &str {
        self.settings.database()
    }

    /// Has a statement carried out. It goes on where nobody waits for it any more.
    pub(super) async fn run(self: &Arc<Self>, request: Request) -> Result<Outcome, Failure> {
        let check = || self.availability.check().map_err(|why| self.unavailable(&why));
        check()?;
        let turn = self.turns.take().await?;
        check()?;
        let (reply, answer) = oneshot::channel();
        let this = self.clone();
        self.platform.spawn(Box::pin(async move {
            let (outcome, connected) = this.carry_out(&request).await;
            // Who asked may have gone.
            drop(reply.send(outcome));
            if let Some(connected) = connected {
                this.tidy(connected, &request).await;
            }
            drop(turn);
        }));
        answer.await.map_err(|_| ProviderError::Failed("the statement was not seen through".to_owned()))?
    }

    /// Whether it is there and answers.
    pub(super) async fn health(self: &Arc<Self>) -> Result<(), String> {
        self.availability.check().map_err(|why| self.words(&PostgresFailure::Lost(why)))?;
        let Some(_turn) = self.turns.take_free() else {
            // It is being asked already; what comes of that tells.
            return Ok(());
        };
        let asked = async {
            let mut connected = self.take().await?;
            connected.0.ping().await.map_err(|error| PostgresFailure::Lost(error.to_string()))?;
            Ok(connected)
        };
        match timeout(self.settings.pace.timeout, asked).await.unwrap_or_else(|_| Err(self.silent())) {
            Ok(connected) => {
                self.put(connected);
                Ok(())
            }
            Err(failure) => {
                if let PostgresFailure::Lost(why) = &failure {
                    self.lost(why);
                }
                Err(self.words(&failure))
            }
        }
    }

    /// What came of a statement, and the connection if it can go on.
    async fn carry_out(self: &Arc<Self>, request: &Request) -> (Result<Outcome, Failure>, Option<Connected>) {
        let ran = match self.take().await {
            Ok(mut connected) => {
                let whole = self.settings.pace.timeout + GRACE;
                match timeout(whole, self.carry_out_on(&mut connected.0, request)).await {
                    Ok(Ok(outcome)) => return (Ok(outcome), Some(connected)),
                    Ok(Err((failure, can_go_on))) => (failure, can_go_on.then_some(connected)),
                    Err(_) => (self.silent(), None),
                }
            }
            Err(failure) => (failure, None),
        };
        match ran {
            (PostgresFailure::Said(failure), connected) => (Err(failure), connected),
            (PostgresFailure::Lost(why), _) => {
                self.lost(&why);
                (Err(self.unavailable(&why)), None)
            }
            (failure @ (PostgresFailure::Locked(_) | PostgresFailure::Stale), _) => {
                (Err(ProviderError::Unavailable(self.words(&failure)).into()), None)
            }
        }
    }

    /// Carries a statement out as a transaction. An error comes with whether the connection can go on.
    async fn carry_out_on(
        &self,
        connection: &mut PgConnection,
        request: &Request,
    ) -> Result<Outcome, (PostgresFailure, bool)> {
        let mut outcome = self.attempt(connection, request).await;
        if let Err((PostgresFailure::Stale, _)) = outcome {
            // Nothing was begun: the tables have changed since the statement was understood.
            self.end(connection, "ROLLBACK").await?;
            connection.clear_cached_statements().await.map_err(|error| (self.failure(&error), false))?;
            outcome = self.attempt(connection, request).await;
        }
        match outcome {
            Ok(outcome) => self.end(connection, "COMMIT").await.map(|()| outcome),
            Err((failure @ PostgresFailure::Said(_), true)) => {
                self.end(connection, "ROLLBACK").await?;
                Err((failure, true))
            }
            Err(failed) => Err(failed),
        }
    }

    async fn attempt(
        &self,
        connection: &mut PgConnection,
        request: &Request,
    ) -> Result<Outcome, (PostgresFailure, bool)> {
        let failed = |error: sqlx::Error| (self.failure(&error), true);
        let limit = self.settings.pace.timeout.as_millis().max(1);
        // Notices would fill the log of this server.
        let begin = format!("BEGIN; SET LOCAL statement_timeout = {limit}; SET LOCAL client_min_messages = error");
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *connection).await.map_err(failed)?;
        let sql = AssertSqlSafe(request.sql.clone()).into_sql_str();
        let statement: PgStatement = connection.prepare(sql).await.map_err(failed)?;
        let wanted = match statement.parameters() {
            Some(Either::Left(wanted)) => wanted,
            _ => &[],
        };
        let bound = bind(wanted, &request.parameters).map_err(|failure| (failure.into(), true))?;
        let columns = statement.columns();
        let (mut rows, mut rows_affected) = (Rows::new(), 0);
        let mut results = connection.fetch_many(statement.query_with(bound));
        while let Some(result) = results.try_next().await.map_err(failed)? {
            match result {
                Either::Left(done) => rows_affected += done.rows_affected(),
                Either::Right(row) if request.wants_rows() => {
                    let pushed = rows.push(columns.iter().map(|column| cell(&row, column)));
                    // More may be on its way, which nobody waits for.
                    pushed.map_err(|failure| (failure.into(), false))?;
                }
                Either::Right(_) => {}
            }
        }
        drop(results);
        if words::only_reads(&request.sql) {
            rows_affected = 0;
        }
        Ok(Outcome { rows_affected, columns: describe(columns), rows })
    }

    async fn end(&self, connection: &mut PgConnection, how: &'static str) -> Result<(), (PostgresFailure, bool)> {
        match sqlx::raw_sql(how).execute(&mut *connection).await {
            Ok(_) => Ok(()),
            // What is checked at the end did not hold, and nothing is changed.
            Err(error) => Err((self.failure(&error), true)),
        }
    }

    /// Takes from a connection what its last statement may have left, and keeps it for the next.
    async fn tidy(&self, (mut connection, losses): Connected, last: &Request) {
        let tidied = async {
            if last.sql.len() > MAX_KEPT {
                connection.clear_cached_statements().await?;
            }
            sqlx::raw_sql(TIDY).execute(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        if let Ok(Ok(connection)) = timeout(GRACE, tidied).await {
            self.put((connection, losses));
        }
    }

    /// A connection that nobody uses.
    async fn take(&self) -> Result<Connected, PostgresFailure> {
        let now = self.platform.now();
        let found = {
            let mut idle = self.idle();
            idle.connections.retain(|(_, since)| now.saturating_sub(*since) < MAX_IDLE);
            let losses = idle.losses;
            idle.connections.pop().map(|(connection, _)| (connection, losses))
        };
        match found {
            Some(connected) => Ok(connected),
            None => self.connect().await,
        }
    }

    /// Keeps a connection for whoever needs one next, if it leads where the database is now.
    fn put(&self, (connection, losses): Connected) {
        let now = self.platform.now();
        let mut idle = self.idle();
        if idle.losses == losses {
            idle.connections.push((connection, now));
        }
    }

    async fn connect(&self) -> Result<Connected, PostgresFailure> {
        let losses = self.idle().losses;
        match timeout(self.settings.pace.timeout, self.settings.options().connect()).await {
            Ok(Ok(connection)) => Ok((connection, losses)),
            Ok(Err(error)) => Err(PostgresFailure::connecting(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    /// Notes that it is away, and tries until it is there again or no link needs it.
    fn lost(self: &Arc<Self>, why: &str) {
        {
            let mut idle = self.idle();
            idle.connections.clear();
            idle.losses += 1;
        }
        let this: Weak<Self> = Arc::downgrade(self);
        self.availability.lost(why, move || {
            let this = this.upgrade()?;
            Some(async move {
                match this.connect().await {
                    Ok(connected) => {
                        this.put(connected);
                        Ok(())
                    }
                    // It answers; what it says is told by each call.
                    Err(PostgresFailure::Lost(why)) => Err(why),
                    Err(_) => Ok(()),
                }
            })
        });
    }

    fn failure(&self, error: &sqlx::Error) -> PostgresFailure {
        PostgresFailure::running(error, self.settings.pace.timeout)
    }

    fn silent(&self) -> PostgresFailure {
        PostgresFailure::Lost(format!("it does not answer within TIMEOUT={:?}", self.settings.pace.timeout))
    }

    fn unavailable(&self, why: &str) -> Failure {
        ProviderError::Unavailable(self.words(&PostgresFailure::Lost(why.to_owned()))).into()
    }

    fn words(&self, failure: &PostgresFailure) -> String {
        let address = self.settings.address();
        match failure {
            PostgresFailure::Lost(why) | PostgresFailure::Locked(why) => format!(
                "Postgres at {address} cannot be reached: {why}; see that it runs there and lets this server in"
            ),
            PostgresFailure::Stale | PostgresFailure::Said(_) => {
                format!("the tables of Postgres at {address} change all the while; try again")
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().expect("nothing panics under this lock")
    }
}
