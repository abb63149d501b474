//! Log lines of actors, handed to whatever the host shows them with.

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use wisteria_contracts::logging::{CONTRACT, LogEntry, operation};

use super::{LinkRefused, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink, argument};
use crate::{
    identity::PublicKey,
    platform::{BoxFuture, MaybeSend, MaybeSync},
};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For developers.
    Debug,
    /// For the record.
    Info,
    /// Something to look at.
    Warn,
    /// Something to act on.
    Error,
}

impl LogLevel {
    /// Its name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error]
            .into_iter()
            .find(|level| text.eq_ignore_ascii_case(level.as_str()))
    }
}

/// A line that an actor wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The actor.
    pub actor: PublicKey,
    /// How much it matters.
    pub level: LogLevel,
    /// The text.
    pub text: String,
}

/// Shows or keeps log lines.
pub trait LogSink: Debug + MaybeSend + MaybeSync + 'static {
    /// Takes one line. Must not block.
    fn line(&self, line: LogLine);
}

/// The built-in logging.
#[derive(Debug)]
pub struct Logging {
    sink: Arc<dyn LogSink>,
}

impl Logging {
    /// Logging into `sink`.
    pub fn new(sink: Arc<dyn LogSink>) -> Self {
        Self { sink }
    }

    fn write(&self, call: &ProviderCall) -> Result<(), ProviderError> {
        if &*call.operation != operation::WRITE_LOG {
            return Err(ProviderError::unknown("logging", call, &[operation::WRITE_LOG]));
        }
        let entry: LogEntry = argument(call)?;
        let level = LogLevel::read(&entry.level).ok_or_else(|| ProviderError::BadArgument {
            operation: call.operation.to_string(),
            cause: format!("level \"{}\" is none of debug, info, warn, error", entry.level),
        })?;
        self.sink.line(LogLine { actor: call.actor, level, text: entry.text });
        Ok(())
    }
}

impl Provider for Logging {
    fn describe(&self) -> ProviderDescription {
        ProviderDescription { name: "logging", contract: CONTRACT, title: "Logging", built_in: true }
    }

    fn link(&self, _link: ProviderLink) -> BoxFuture<'_, Result<(), LinkRefused>> {
        Box::pin(async { Ok(()) })
    }

    fn unlink(&self, _actor: PublicKey, _link_name: Arc<str>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn invoke(&self, call: ProviderCall) -> BoxFuture<'_, Result<Bytes, ProviderError>> {
        let written = self.write(&call);
        Box::pin(async { written.map(|()| Bytes::new()) })
    }
}
