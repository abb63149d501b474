//! Where results go: standard output, as text or JSON.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use thiserror::Error;

use super::args::Format;

/// Prints in the format that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output(Format);

/// Why a result was not printed.
#[derive(Debug, Error)]
pub(super) enum OutputError {
    /// The pipe is closed, as `head` does; nothing is wrong.
    #[error("nobody reads the output")]
    NobodyReads,
    #[error("the result cannot be written to standard output: {0}; check where it is redirected to")]
    Write(io::Error),
}

impl Output {
    pub(super) fn new(format: Format) -> Self {
        Self(format)
    }

    /// Prints `value` as JSON or what `text` makes of it.
    pub(super) fn print<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), OutputError> {
        match self.0 {
            Format::Json => self.json(value),
            Format::Text => {
                let text = text(value);
                self.bytes(format!("{}\n", text.trim_end()).as_bytes())
            }
        }
    }

    /// Prints `value` as JSON, whatever the format.
    pub(super) fn json<T: Serialize>(self, value: &T) -> Result<(), OutputError> {
        let mut json = serde_json::to_vec_pretty(value).expect("results have string keys");
        json.push(b'\n');
        self.bytes(&json)
    }

    /// Prints bytes as they are.
    pub(super) fn bytes(self, bytes: &[u8]) -> Result<(), OutputError> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => OutputError::NobodyReads,
            _ => OutputError::Write(error),
        })
    }
}
