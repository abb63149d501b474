//! The program's own log, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Which lines to write; the syntax is that of `tracing_subscriber::EnvFilter`.
const VARIABLE: &str = "WISTERIA_LOG";

/// What a server says: all that matters, and of the NATS client what goes wrong.
const SERVER: &str = "info,async_nats=warn";

/// Starts the log. A server says what it does; a command says nothing beside its result.
pub(super) fn start(is_server: bool) {
    let default = if is_server { SERVER } else { "off" };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
