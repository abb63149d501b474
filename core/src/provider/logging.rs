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
    /// What it is.
    pub const DESCRIPTION: ProviderDescription =
        ProviderDescription { name: "logging", contract: CONTRACT, title: "Logging", built_in: true, values: &[] };

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
        Self::DESCRIPTION
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::FutureExt;
    use wisteria_contracts::codec;

    use super::*;
    use crate::identity::KeyKind;

    #[derive(Debug, Default)]
    struct Kept(Mutex<Vec<LogLine>>);

    impl LogSink for Kept {
        fn line(&self, line: LogLine) {
            self.0.lock().expect("nothing panics under this lock").push(line);
        }
    }

    /// What came of a line, and what reached the sink.
    fn write(operation: &str, level: &str) -> (Result<Bytes, ProviderError>, Vec<LogLine>) {
        let sink = Arc::new(Kept::default());
        let entry = LogEntry { level: level.to_owned(), text: "a line".to_owned() };
        let call = ProviderCall {
            actor: PublicKey::from_bytes(KeyKind::Module, [1; 32]),
            link_name: "default".into(),
            operation: operation.into(),
            context: crate::call::CallContext::root(std::time::Duration::ZERO),
            payload: codec::encode(&entry).into(),
        };
        let written = Logging::new(sink.clone()).invoke(call).now_or_never().expect("it does not wait");
        let lines = std::mem::take(&mut *sink.0.lock().expect("nothing panics under this lock"));
        (written, lines)
    }

    #[test]
    fn a_line_reaches_the_sink_with_its_level_and_actor() {
        let check = |level, expected| {
            let (written, lines) = write(operation::WRITE_LOG, level);
            assert_eq!(written, Ok(Bytes::new()));
            let actor = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
            assert_eq!(lines, [LogLine { actor, level: expected, text: "a line".to_owned() }]);
        };
        check("debug", LogLevel::Debug);
        check("INFO", LogLevel::Info);
        check("warn", LogLevel::Warn);
        check("error", LogLevel::Error);
    }

    #[test]
    fn what_cannot_be_logged_is_named_and_dropped() {
        let check = |operation, level, part: &str| {
            let (written, lines) = write(operation, level);
            let error = written.expect_err("refused").to_string();
            assert!(error.contains(part) && lines.is_empty(), "{error} {lines:?}");
        };
        check(operation::WRITE_LOG, "loud", "none of debug, info, warn, error");
        check("Logging.Read", "info", "it has: Logging.WriteLog");
    }
}
