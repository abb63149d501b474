//! `wasmcloud:builtin:logging`: log lines, which need no link.

use wisteria_contracts::logging::{CONTRACT, LogEntry, operation};

use crate::{Result, call::tell_provider};

/// Logs for developers.
///
/// # Errors
/// The actor does not claim logging.
pub fn debug(text: &str) -> Result<()> {
    log("debug", text)
}

/// Logs for the record.
///
/// # Errors
/// The actor does not claim logging.
pub fn info(text: &str) -> Result<()> {
    log("info", text)
}

/// Logs something to look at.
///
/// # Errors
/// The actor does not claim logging.
pub fn warn(text: &str) -> Result<()> {
    log("warn", text)
}

/// Logs something to act on.
///
/// # Errors
/// The actor does not claim logging.
pub fn error(text: &str) -> Result<()> {
    log("error", text)
}

fn log(level: &str, text: &str) -> Result<()> {
    let entry = LogEntry { level: level.to_owned(), text: text.to_owned() };
    tell_provider("default", CONTRACT, operation::WRITE_LOG, &entry)
}
