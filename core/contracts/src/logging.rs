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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogEntry {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The line.
    pub text: String,
}

/// The contract in its own words.
#[cfg(feature = "schema")]
pub fn describe() -> crate::schema::Contract {
    crate::schema::Contract::new(CONTRACT, "Log lines of actors; needs no link")
        .by_actor::<LogEntry, ()>(operation::WRITE_LOG, "Writes a line to the log of the host.")
}
