//! A bucket of JetStream: what its keys hold, read and changed without loss where many change it at once.

use std::{
    fmt::{self, Debug, Formatter},
    sync::Arc,
    time::Duration,
};

use async_nats::{
    HeaderMap,
    jetstream::{Message, message::StreamMessage},
};
use bytes::Bytes;
use wisteria_core::{
    platform::Platform,
    provider::{LinkRefused, ProviderError},
};

use super::{
    super::nats_connection::NatsConnection,
    names::{decoded, encoded},
    stream::{Asked, Stream, Write},
    turns::Turns,
};

/// Longest key in bytes, so that its subject fits a line of the protocol however it is written.
const MAX_KEY: usize = 1024;

/// How long a note of what was deleted stays, where the server can forget it.
const DELETED_FOR: Duration = Duration::from_secs(3600);

/// How much longer than it counts the server keeps what expires, as clocks differ.
const MARGIN: Duration = Duration::from_secs(60);

/// Says until when something counts, in milliseconds since 1970.
const EXPIRES: &str = "Wisteria-Expires";

/// A bucket, made when it is first needed and missing.
pub(in super::super) struct Bucket {
    name: String,
    pub(in super::super) stream: Stream,
    turns: Turns,
}

/// What is there for a key.
#[derive(Debug)]
pub(in super::super) struct Found {
    /// The number of the last message, be it that of a deletion; 0 where there is none.
    pub(in super::super) revision: u64,
    pub(in super::super) held: Option<Held>,
}

/// What a key holds.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Held {
    pub(in super::super) headers: HeaderMap,
    pub(in super::super) payload: Bytes,
    /// In milliseconds since 1970; never without.
    pub(in super::super) expires: Option<u64>,
}

/// What becomes of a key.
#[derive(Debug)]
pub(in super::super) enum Change {
    /// It stays as it is.
    Keep,
    Put(Held),
    Delete,
}

impl Bucket {
    /// The bucket that a link names. Where the link is new, it must be there and fit: several keys are changed at once where
    /// it is for batches.
    pub(in super::super) async fn linked(
        name: &str,
        is_for_batches: bool,
        connection: Arc<NatsConnection>,
        platform: Arc<dyn Platform>,
        is_new: bool,
    ) -> Result<Self, LinkRefused> {
        let asked = Asked {
            name: format!("KV_{name}"),
            called: format!("the bucket {name}"),
            subject: subject(name, ">"),
            is_bucket: true,
            is_for_batches,
        };
        let stream = Stream::linked(asked, connection, platform, is_new).await?;
        Ok(Self { name: name.to_owned(), stream, turns: Turns::default() })
    }

    /// What a key holds now.
    pub(in super::super) async fn read(&self, key: &str) -> Result<Found, ProviderError> {
        let found = self.stream.last(&self.subject_of(key)?).await?;
        Ok(found.map_or(Found { revision: 0, held: None }, |message| self.found(message)))
    }

    /// The first key, of what is written in order, that holds something and whose number is not below that; with its
    /// number.
    pub(in super::super) async fn first_from(
        &self,
        mut number: u64,
    ) -> Result<Option<(u64, String, Held)>, ProviderError> {
        while let Some(message) = self.stream.first_from(number, &subject(&self.name, ">")).await? {
            number = message.sequence + 1;
            let key = self.key_of(&message.subject);
            if let (Some(key), Found { revision, held: Some(held) }) = (key, self.found(message)) {
                return Ok(Some((revision, key, held)));
            }
        }
        Ok(None)
    }

    /// Hands over each key that holds something, some perhaps twice.
    pub(in super::super) async fn each_key(&self, mut each: impl FnMut(String)) -> Result<(), ProviderError> {
        let consider = |message: Message| {
            if let (Some(key), true) = (self.key_of(&message.subject), self.counts(message.headers.as_ref())) {
                each(key);
            }
        };
        self.stream.each_last(subject(&self.name, ">"), consider).await
    }

    /// Changes what a key holds as `change` says, which is asked again where somebody else was faster.
    pub(in super::super) async fn change<T>(
        &self,
        key: &str,
        change: impl Fn(Option<Held>) -> Result<(Change, T), ProviderError>,
    ) -> Result<T, ProviderError> {
        let _turn = self.turns.of(key).await;
        let mut tried = 0;
        loop {
            let Found { revision, held } = self.read(key).await?;
            let (change, reply) = change(held)?;
            let Some(write) = self.written(key, change, Some(revision))? else {
                return Ok(reply);
            };
            if self.stream.write(write).await?.is_some() {
                return Ok(reply);
            }
            self.stream.pause(tried, key).await?;
            tried += 1;
        }
    }

    /// Changes what a key holds, whatever that is.
    pub(in super::super) async fn put(&self, key: &str, change: Change) -> Result<(), ProviderError> {
        match self.written(key, change, None)? {
            Some(write) => self.stream.write(write).await.map(drop),
            None => Ok(()),
        }
    }

    /// The message that changes a key, if anything does.
    pub(in super::super) fn written(
        &self,
        key: &str,
        change: Change,
        expected: Option<u64>,
    ) -> Result<Option<Write>, ProviderError> {
        let subject = self.subject_of(key)?;
        Ok(match change {
            Change::Keep => None,
            Change::Put(Held { mut headers, payload, expires }) => {
                if let Some(at) = expires {
                    headers.insert(EXPIRES, at.to_string());
                }
                let left = expires.map(|at| Duration::from_millis(at).saturating_sub(self.now()));
                let kept = left.map(|left| left.saturating_add(MARGIN));
                Some(Write { subject, headers, payload, expected, kept })
            }
            Change::Delete => {
                let mut headers = HeaderMap::new();
                headers.insert("KV-Operation", "DEL");
                Some(Write { subject, headers, payload: Bytes::new(), expected, kept: Some(DELETED_FOR) })
            }
        })
    }

    fn found(&self, message: StreamMessage) -> Found {
        let StreamMessage { sequence: revision, headers, payload, .. } = message;
        let held = self.counts(Some(&headers)).then(|| Held { expires: expires(&headers), headers, payload });
        Found { revision, held }
    }

    /// Whether a message with these headers is what its key holds now: no note of a deletion, and not over.
    fn counts(&self, headers: Option<&HeaderMap>) -> bool {
        let Some(headers) = headers else {
            return true;
        };
        let is_deleted = headers.get("KV-Operation").is_some_and(|operation| operation.as_str() != "PUT")
            || headers.get("Nats-Marker-Reason").is_some();
        !is_deleted && expires(headers).is_none_or(|at| Duration::from_millis(at) > self.now())
    }

    fn subject_of(&self, key: &str) -> Result<String, ProviderError> {
        match key.len() {
            0..=MAX_KEY => Ok(subject(&self.name, &encoded(key))),
            length => Err(ProviderError::Failed(format!(
                "a key of {length} bytes is above the limit of {MAX_KEY} bytes; use a shorter one"
            ))),
        }
    }

    /// The key of a subject; nothing where another program wrote what no key is written as.
    fn key_of(&self, subject: &str) -> Option<String> {
        decoded(subject.strip_prefix("$KV.")?.strip_prefix(&self.name)?.strip_prefix('.')?)
    }

    fn now(&self) -> Duration {
        self.stream.platform.unix_time()
    }
}

fn expires(headers: &HeaderMap) -> Option<u64> {
    headers.get(EXPIRES).and_then(|text| text.as_str().parse().ok())
}

fn subject(bucket: &str, key: &str) -> String {
    format!("$KV.{bucket}.{key}")
}

impl Debug for Bucket {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({:?})", self.stream)
    }
}
