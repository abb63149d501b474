//! `wasmcloud:builtin:logging`: log lines of an actor. Needs no link.

use serde::{Deserialize, Serialize};

/// The contract.
pub const CONTRACT: &str = "wasmcloud:builtin:logging";

/// Operations, called by the actor.
pub mod operation {
    /// [`LogEntry`](super::LogEntry) → nothing.
    pub const WRITE_LOG: &str = "Logging.WriteLog";
}

/// A log line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The line.
    pub text: String,
}
