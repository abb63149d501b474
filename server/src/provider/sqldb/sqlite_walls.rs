//! What keeps a statement of SQLite to the tables of its database: SQLite's own limits, and its question for each thing that
//! a statement would do.

#![expect(
    unsafe_code,
    reason = "sqlx has no way to SQLite's authorizer, its limits and where a statement ends but its handle; all uses of it are here"
)]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
    time::Duration,
};

use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;
use wisteria_contracts::sqldb::Column;

use super::{
    failure::{Code, Failure},
    request::MAX_SQL,
};

/// What bounds the values, statements and nesting of a connection.
const LIMITS: [(c_int, c_int); 7] = [
    // No other file, be it by ATTACH or by VACUUM INTO.
    (ffi::SQLITE_LIMIT_ATTACHED, 0),
    // Of a text, a byte string and a row.
    (ffi::SQLITE_LIMIT_LENGTH, 16 << 20),
    (ffi::SQLITE_LIMIT_SQL_LENGTH, MAX_SQL as c_int),
    (ffi::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (ffi::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (ffi::SQLITE_LIMIT_TRIGGER_DEPTH, 100),
    (ffi::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// Settings of a connection, and whether they are on.
const SETTINGS: [(c_int, c_int); 4] = [
    // The tables that SQLite itself keeps are not for statements to write.
    (ffi::SQLITE_DBCONFIG_DEFENSIVE, 1),
    (ffi::SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    // "a" is a column, as everywhere else, and never a text.
    (ffi::SQLITE_DBCONFIG_DQS_DDL, 0),
    (ffi::SQLITE_DBCONFIG_DQS_DML, 0),
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

/// Who has SQLite prepare a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Actor,
    /// The provider, which also begins and ends transactions.
    Provider,
}

/// What is known of a statement before it is carried out.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) writes: bool,
    /// How many parameters it wants.
    pub(super) placeholders: usize,
    pub(super) columns: Vec<Column>,
}

/// Why a statement is not to be carried out.
#[derive(Debug)]
pub(super) enum Unfit {
    /// SQLite's code, and what it says.
    Sqlite(c_int, String),
    Said(Failure),
}

/// A statement that SQLite has understood.
struct Prepared(*mut ffi::sqlite3_stmt);

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: it is SQLite's own, or null, which is harmless, and nobody else has it.
        unsafe { ffi::sqlite3_finalize(self.0) };
    }
}

/// Puts the walls around a connection that was opened.
pub(super) fn put_up(handle: &mut LockedSqliteHandle<'_>) -> Result<(), String> {
    let database = handle.as_raw_handle().as_ptr();
    for (limit, most) in LIMITS {
        // SAFETY: the handle is open, and nobody else uses it while it is locked.
        unsafe { ffi::sqlite3_limit(database, limit, most) };
    }
    for (setting, is_on) in SETTINGS {
        // SAFETY: as before; these settings take a number and the place of one, or null.
        let set = unsafe { ffi::sqlite3_db_config(database, setting, is_on, ptr::null_mut::<c_int>()) };
        if set != ffi::SQLITE_OK {
            return Err(format!("SQLite does not know its setting {setting}"));
        }
    }
    ask(database, Speaker::Provider);
    Ok(())
}

/// How long a statement waits for others that write.
pub(super) fn set_patience(handle: &mut LockedSqliteHandle<'_>, patience: Duration) {
    let millis = c_int::try_from(patience.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: the handle is open, and nobody else uses it while it is locked.
    unsafe { ffi::sqlite3_busy_timeout(handle.as_raw_handle().as_ptr(), millis) };
}

/// How many rows were changed up to now, those by triggers included, and how many by the last statement that changed any.
pub(super) fn changes(handle: &mut LockedSqliteHandle<'_>) -> (i64, i64) {
    let database = handle.as_raw_handle().as_ptr();
    // SAFETY: the handle is open, and nobody else uses it while it is locked.
    unsafe { (ffi::sqlite3_total_changes64(database), ffi::sqlite3_changes64(database)) }
}

/// Whether a transaction has begun and not ended.
pub(super) fn is_in_transaction(handle: &mut LockedSqliteHandle<'_>) -> bool {
    // SAFETY: the handle is open, and nobody else uses it while it is locked.
    unsafe { ffi::sqlite3_get_autocommit(handle.as_raw_handle().as_ptr()) == 0 }
}

/// Sees that a text, without NUL, is one statement that an actor may have carried out.
pub(super) fn examine(handle: &mut LockedSqliteHandle<'_>, sql: &str) -> Result<Examined, Unfit> {
    let database = handle.as_raw_handle().as_ptr();
    ask(database, Speaker::Actor);
    let prepared = prepare_only(database, sql);
    ask(database, Speaker::Provider);
    let prepared = prepared?;
    // SAFETY: the statement is SQLite's own and not null.
    let (writes, columns) = unsafe {
        let count = ffi::sqlite3_column_count(prepared.0);
        let columns = (0..count).map(|index| Column {
            ordinal: u32::try_from(index).expect("it is counted from 0"),
            name: text(ffi::sqlite3_column_name(prepared.0, index)),
            db_type: text(ffi::sqlite3_column_decltype(prepared.0, index)),
        });
        (ffi::sqlite3_stmt_readonly(prepared.0) == 0, columns.collect())
    };
    let placeholders = placeholders(&prepared).map_err(Unfit::Said)?;
    Ok(Examined { writes, placeholders, columns })
}

/// How many parameters a statement wants. `$2` is the second wherever it stands, as `?2` is.
fn placeholders(prepared: &Prepared) -> Result<usize, Failure> {
    let (mut largest, mut plain) = (0, 0);
    // SAFETY: the statement is SQLite's own and not null, and so are the names until it is finalised.
    let count = unsafe { ffi::sqlite3_bind_parameter_count(prepared.0) };
    for index in 1..=count {
        // SAFETY: as before.
        let name = text(unsafe { ffi::sqlite3_bind_parameter_name(prepared.0, index) });
        let number = name.strip_prefix(['$', '?']).map(str::parse::<usize>);
        match (name.is_empty(), number) {
            // A place that none stands for, between those that are numbered, has no name, either.
            (true, _) => plain += 1,
            (false, Some(Ok(number @ 1..))) => largest = largest.max(number),
            _ => {
                let why = format!("{name} is no placeholder; write them as $1, $2 …, or all of them as ?");
                return Err(Failure::new(Code::InvalidParameter, why));
            }
        }
    }
    match (largest, plain) {
        (0, plain) => Ok(plain),
        (largest, 0) => Ok(largest),
        _ => Err(Failure::new(
            Code::InvalidParameter,
            "the placeholders are not $1, $2 … up to the last without a gap, nor all of them ?",
        )),
    }
}

/// The only statement of a text.
fn prepare_only(database: *mut ffi::sqlite3, sql: &str) -> Result<Prepared, Unfit> {
    let (code, first, mut rest) = prepare(database, sql.as_bytes());
    if code != ffi::SQLITE_OK {
        // SAFETY: the handle is open, and its message is there until it is asked something else.
        let (code, words) = unsafe { (ffi::sqlite3_extended_errcode(database), text(ffi::sqlite3_errmsg(database))) };
        return Err(Unfit::Sqlite(code, words));
    }
    if first.0.is_null() {
        return Err(Unfit::Said(Failure::new(Code::InvalidSql, "there is no statement")));
    }
    while !rest.is_empty() {
        let (code, more, after) = prepare(database, rest);
        // Also one that cannot be understood is one too many.
        if code != ffi::SQLITE_OK || !more.0.is_null() {
            return Err(Unfit::Said(Failure::several()));
        }
        if after.len() == rest.len() {
            break;
        }
        rest = after;
    }
    Ok(first)
}

/// Has SQLite understand the first statement of a text; what follows comes with it.
fn prepare(database: *mut ffi::sqlite3, sql: &[u8]) -> (c_int, Prepared, &[u8]) {
    let (mut statement, mut tail) = (ptr::null_mut(), ptr::null());
    let length = c_int::try_from(sql.len()).expect("no statement is as long");
    // SAFETY: the handle is open, the text is as long as that, and both places are this function's own.
    let code =
        unsafe { ffi::sqlite3_prepare_v3(database, sql.as_ptr().cast(), length, 0, &raw mut statement, &raw mut tail) };
    let end = (tail as usize).checked_sub(sql.as_ptr() as usize).filter(|end| *end <= sql.len());
    (code, Prepared(statement), &sql[end.unwrap_or(sql.len())..])
}

/// Has SQLite ask for what is prepared from now on.
fn ask(database: *mut ffi::sqlite3, speaker: Speaker) {
    // No address, but a number in its place.
    let speaker = ptr::without_provenance_mut(usize::from(speaker == Speaker::Provider));
    // SAFETY: the handle is open, and the function needs nothing but what it is given.
    unsafe { ffi::sqlite3_set_authorizer(database, Some(authorize), speaker) };
}

/// Whether a statement may do something; SQLite asks while it prepares it.
unsafe extern "C" fn authorize(
    speaker: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _inside: *const c_char,
) -> c_int {
    let speaker = if speaker.is_null() { Speaker::Actor } else { Speaker::Provider };
    // SAFETY: SQLite gives texts that end, or null, and keeps them for as long as it asks.
    let is_one_of = |names: &[&str], name: *const c_char| unsafe {
        !name.is_null()
            && names.iter().any(|known| CStr::from_ptr(name).to_bytes().eq_ignore_ascii_case(known.as_bytes()))
    };
    let is_allowed = match action {
        ffi::SQLITE_SELECT
        | ffi::SQLITE_RECURSIVE
        | ffi::SQLITE_READ
        | ffi::SQLITE_INSERT
        | ffi::SQLITE_UPDATE
        | ffi::SQLITE_DELETE
        | ffi::SQLITE_CREATE_TABLE
        | ffi::SQLITE_CREATE_INDEX
        | ffi::SQLITE_CREATE_VIEW
        | ffi::SQLITE_CREATE_TRIGGER
        | ffi::SQLITE_ALTER_TABLE
        | ffi::SQLITE_DROP_TABLE
        | ffi::SQLITE_DROP_INDEX
        | ffi::SQLITE_DROP_VIEW
        | ffi::SQLITE_DROP_TRIGGER
        | ffi::SQLITE_DROP_VTABLE
        | ffi::SQLITE_REINDEX
        | ffi::SQLITE_ANALYZE => true,
        ffi::SQLITE_CREATE_VTABLE => is_one_of(&MODULES, second),
        ffi::SQLITE_FUNCTION => !is_one_of(&["load_extension"], second),
        ffi::SQLITE_PRAGMA => is_one_of(&PRAGMAS, first),
        ffi::SQLITE_TRANSACTION => speaker == Speaker::Provider,
        // Files, temporary tables, which would be a session's own, and what is not known yet.
        _ => false,
    };
    if is_allowed { ffi::SQLITE_OK } else { ffi::SQLITE_DENY }
}

/// A text of SQLite; empty where there is none.
fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: it is SQLite's, ends, and is there until its statement or handle is asked something else.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
