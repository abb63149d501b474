//! Where the log lines of a server's actors go: into its own log.

use wisteria_core::provider::{LogLevel, LogLine, LogSink};

/// Writes actors' lines through `tracing`, under the target `actor`.
#[derive(Debug)]
pub(crate) struct TraceLog;

impl LogSink for TraceLog {
    fn line(&self, line: LogLine) {
        let LogLine { actor, level, text } = line;
        match level {
            LogLevel::Debug => tracing::debug!(target: "actor", %actor, "{text}"),
            LogLevel::Info => tracing::info!(target: "actor", %actor, "{text}"),
            LogLevel::Warn => tracing::warn!(target: "actor", %actor, "{text}"),
            LogLevel::Error => tracing::error!(target: "actor", %actor, "{text}"),
        }
    }
}
