//! What the links of all providers on Redis have in common: where it is, and the connection that they share.

use std::{
    fmt::{self, Debug, Formatter},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use wisteria_core::{
    platform::Platform,
    provider::{LinkRefused, LinkValue, LinkValues, ProviderError, ValueKind},
};

use super::redis_connection::{Failure, RedisConnection};

pub(super) const URL: LinkValue = LinkValue::new(
    "URL",
    ValueKind::Url,
    "where Redis is, redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]",
    "redis://127.0.0.1:6379/0",
)
.required()
.or_secret();

pub(super) const TIMEOUT: LinkValue =
    LinkValue::new("TIMEOUT", ValueKind::Duration, "how long Redis may take to answer", "500ms").or("1s");

/// The connections of a provider. Links with the same values share one, for as long as any of them is there.
pub(super) struct RedisLinks {
    platform: Arc<dyn Platform>,
    open: Mutex<Vec<Open>>,
}

struct Open {
    /// May hold a password.
    url: String,
    timeout: Duration,
    connection: Weak<RedisConnection>,
}

impl RedisLinks {
    /// None yet.
    pub(super) fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, open: Mutex::default() }
    }

    /// The connection that the values of a link ask for. Where the link is new, Redis must be there.
    pub(super) async fn connection(
        &self,
        values: &LinkValues,
        is_new: bool,
    ) -> Result<Arc<RedisConnection>, LinkRefused> {
        let url = values.text(URL.name).expect("no link is without");
        let timeout = values.duration(TIMEOUT.name).expect("it has a default");
        let shared = self
            .open()
            .iter()
            .find(|one| one.url == url && one.timeout == timeout)
            .map(|one| &one.connection)
            .and_then(Weak::upgrade);
        if let Some(connection) = shared {
            return match connection.health().await {
                Err(why) if is_new => Err(LinkRefused(why)),
                _ => Ok(connection),
            };
        }
        let opened = RedisConnection::open(url, timeout, is_new, self.platform.clone()).await;
        let connection = opened.map_err(LinkRefused)?;
        let mut open = self.open();
        open.retain(|one| one.connection.strong_count() > 0);
        open.push(Open { url: url.to_owned(), timeout, connection: Arc::downgrade(&connection) });
        Ok(connection)
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Open>> {
        self.open.lock().expect("nothing panics under this lock")
    }
}

impl Debug for RedisLinks {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} connections to Redis", self.open().len())
    }
}

/// The error of a command that was not carried out.
pub(super) fn failed(failure: Failure) -> ProviderError {
    match failure {
        Failure::Unavailable(why) => ProviderError::Unavailable(why),
        Failure::Refused(error) => refused(&error),
        Failure::Unreadable => ProviderError::Failed(
            "Redis holds something else there than this server writes; choose another PREFIX or database".to_owned(),
        ),
    }
}

/// The error of a command that Redis does not carry out.
pub(super) fn refused(error: &redis::RedisError) -> ProviderError {
    ProviderError::Failed(format!("Redis does not do it: {error}"))
}
