//! A connection to a database of SQLite that lets a statement do what concerns its tables, and nothing else.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rusqlite::{
    Batch, Connection, OpenFlags, Statement,
    config::DbConfig,
    fallible_iterator::FallibleIterator,
    ffi,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use super::{
    failure::{Code, Failure},
    request::MAX_SQL,
};

/// How many steps SQLite takes before it looks at the time again.
const STEPS: i32 = 1_000;

/// What bounds the values, statements and nesting of a connection.
const LIMITS: [(Limit, i32); 7] = [
    // No other file, be it by ATTACH or by VACUUM INTO.
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    // Of a text, a byte string and a row.
    (Limit::SQLITE_LIMIT_LENGTH, 16 << 20),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL as i32),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// What a statement may ask of the database besides its tables; none of it changes how it is kept.
const PRAGMAS: [&str; 13] = [
    "collation_list",
    // Full-text search asks for it.
    "data_version",
    "foreign_key_check",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// The virtual tables that may be made: these keep what they hold in tables of the database.
const MODULES: [&str; 2] = ["fts5", "rtree"];

/// A connection, open.
#[derive(Debug)]
pub(super) struct SqliteConnection {
    connection: Connection,
    /// Whether the provider itself is speaking, and not an actor.
    own: Arc<AtomicBool>,
}

impl SqliteConnection {
    /// One to the database in that file, which is made where it is missing, of `max_size` bytes at most.
    pub(super) fn open(path: &Path, max_size: u64) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        // With both, what was committed is on the disk.
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            let words = format!("a write-ahead log is not possible there, only {mode}");
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CANTOPEN), Some(words)));
        }
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
        let page: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let pages = (max_size / u64::from(page.max(1))).clamp(1, u32::MAX.into());
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?;
        for (config, is_on) in [
            // The tables that SQLite itself keeps are not for statements to write.
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            // "a" is a column, as everywhere else, and never a text.
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        ] {
            connection.set_db_config(config, is_on)?;
        }
        for (limit, most) in LIMITS {
            connection.set_limit(limit, most)?;
        }
        let own = Arc::new(AtomicBool::new(false));
        let is_own = own.clone();
        connection.authorizer(Some(move |asked: AuthContext<'_>| match is_allowed(&asked.action, &is_own) {
            true => Authorization::Allow,
            false => Authorization::Deny,
        }))?;
        Ok(Self { connection, own })
    }

    /// Ends what is carried out from now on at that time; it may wait for others to write until then.
    pub(super) fn begin(&self, deadline: Instant) -> rusqlite::Result<()> {
        self.connection.busy_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.connection.progress_handler(STEPS, Some(move || Instant::now() >= deadline))
    }

    /// The only statement of a text.
    pub(super) fn prepare(&self, sql: &str) -> Result<Result<Statement<'_>, Failure>, rusqlite::Error> {
        let mut statements = Batch::new(&self.connection, sql);
        let Some(first) = statements.next()? else {
            return Ok(Err(Failure::new(Code::InvalidSql, "there is no statement")));
        };
        // Also one that cannot be understood is one too many.
        Ok(match statements.next() {
            Ok(None) => Ok(first),
            Ok(Some(_)) | Err(_) => Err(Failure::several()),
        })
    }

    /// Begins a transaction that writes.
    pub(super) fn begin_writing(&self) -> rusqlite::Result<()> {
        self.own("BEGIN IMMEDIATE")
    }

    /// Has on the disk what was written.
    pub(super) fn commit(&self) -> rusqlite::Result<()> {
        // Once it is begun it is seen through.
        self.connection.progress_handler(0, None::<fn() -> bool>)?;
        self.own("COMMIT")
    }

    /// Takes back what was written, if anything was, and tells whether the connection can go on.
    pub(super) fn reset(&self) -> bool {
        let ended = self.connection.progress_handler(0, None::<fn() -> bool>).is_ok();
        ended && (self.connection.is_autocommit() || self.own("ROLLBACK").is_ok())
    }

    /// How many rows were changed up to now, those by triggers included, and how many by the last statement that changed any.
    pub(super) fn changes(&self) -> (u64, u64) {
        (self.connection.total_changes(), self.connection.changes())
    }

    fn own(&self, sql: &str) -> rusqlite::Result<()> {
        self.own.store(true, Ordering::SeqCst);
        let done = self.connection.execute_batch(sql);
        self.own.store(false, Ordering::SeqCst);
        done
    }
}

/// Whether a statement may do that.
fn is_allowed(action: &AuthAction<'_>, is_own: &AtomicBool) -> bool {
    match action {
        AuthAction::Select
        | AuthAction::Recursive
        | AuthAction::Read { .. }
        | AuthAction::Insert { .. }
        | AuthAction::Update { .. }
        | AuthAction::Delete { .. }
        | AuthAction::CreateTable { .. }
        | AuthAction::CreateIndex { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::DropTable { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropVtable { .. }
        | AuthAction::Reindex { .. }
        | AuthAction::Analyze { .. } => true,
        AuthAction::CreateVtable { module_name, .. } => is_one_of(&MODULES, module_name),
        AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
        AuthAction::Pragma { pragma_name, .. } => is_one_of(&PRAGMAS, pragma_name),
        AuthAction::Transaction { .. } => is_own.load(Ordering::SeqCst),
        // Files, temporary tables, which would be a session's own, and what is not known yet.
        _ => false,
    }
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}
