//! Keys in a bucket of JetStream: each is a message whose body is the value, with its ETag in a header. What must happen at
//! once is written at once, by the server's word that no key has changed since it was looked at.

use std::{collections::BTreeSet, sync::Arc};

use async_nats::HeaderMap;
use bytes::Bytes;
use wisteria_contracts::{
    codec,
    keyvalue2::{Entry, ListResponse},
};
use wisteria_core::{
    platform::{Platform, random_uuid},
    provider::{
        ProviderError,
        keyvalue2::{Condition, Effect, Listing, Outcome, Request, Write},
    },
};

use super::super::jetstream::{Bucket, Change, Found, Held};

/// The header of a value's ETag.
const ETAG: &str = "Wisteria-ETag";

/// How many keys of a transaction are read at once.
const READS: usize = 16;

/// The keys of a link.
#[derive(Debug)]
pub(super) struct JetStreamStore {
    pub(super) bucket: Bucket,
    pub(super) platform: Arc<dyn Platform>,
}

/// What a key has.
#[derive(Debug, Clone)]
struct Seen {
    revision: u64,
    held: Option<Kept>,
}

/// A value with what belongs to it.
#[derive(Debug, Clone)]
struct Kept {
    value: Bytes,
    etag: String,
    expires: Option<u64>,
}

impl JetStreamStore {
    /// Carries out an operation.
    pub(super) async fn carry_out(&self, request: Request) -> Result<Bytes, ProviderError> {
        match request {
            Request::Get(key) => {
                let now = self.now();
                let entry = self.seen(&key).await?.held.map(|Kept { value, etag, expires }| Entry {
                    value: value.to_vec(),
                    etag,
                    ttl_ms: expires.map(|at| at.saturating_sub(now).max(1)),
                });
                Ok(codec::encode(&entry).into())
            }
            Request::List(listing) => Ok(codec::encode(&self.list(listing).await?).into()),
            Request::Write(write) => Ok(self.write(vec![write]).await?.of_one()),
            Request::Transact(writes) => Ok(self.write(writes).await?.of_all()),
        }
    }

    /// Milliseconds since the Unix epoch.
    fn now(&self) -> u64 {
        u64::try_from(self.platform.unix_time().as_millis()).unwrap_or(u64::MAX)
    }

    async fn seen(&self, key: &str) -> Result<Seen, ProviderError> {
        let Found { revision, held } = self.bucket.read(key).await?;
        Ok(Seen {
            revision,
            held: held.map(|Held { headers, payload, expires }| {
                let etag = headers.get(ETAG).map(|etag| etag.as_str().to_owned());
                // Other programs put values without one.
                let etag = etag.unwrap_or_else(|| format!("revision-{revision}"));
                Kept { value: payload, etag, expires }
            }),
        })
    }

    async fn all_seen(&self, writes: &[Write]) -> Result<Vec<Seen>, ProviderError> {
        let mut seen = Vec::with_capacity(writes.len());
        for some in writes.chunks(READS) {
            seen.extend(futures::future::try_join_all(some.iter().map(|write| self.seen(&write.key))).await?);
        }
        Ok(seen)
    }

    /// Looks at all conditions, and writes if all hold and none of their keys has changed since; otherwise looks again.
    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, ProviderError> {
        let mut tried = 0;
        loop {
            let seen = match writes.iter().any(is_about_what_is_there) {
                true => self.all_seen(&writes).await?,
                false => vec![Seen { revision: 0, held: None }; writes.len()],
            };
            let failed = writes.iter().zip(&seen).position(|(write, seen)| {
                let held = seen.held.as_ref().map(|held| (held.etag.as_str(), &*held.value));
                !write.condition.holds(held)
            });
            if failed.is_some() {
                let etags = seen.into_iter().map(|seen| seen.held.map(|held| held.etag)).collect();
                return Ok(Outcome { etags, failed });
            }
            let after: Vec<Option<Kept>> =
                writes.iter().zip(&seen).map(|(write, seen)| self.after(write, seen.held.as_ref())).collect();
            let is_done = match writes.iter().all(|write| write.effect == Effect::Keep) {
                true => self.is_still_so(&writes, &seen).await?,
                false => self.bucket.stream.write_all(self.messages(&writes, &seen, &after)?).await?,
            };
            if is_done {
                let etags = after.into_iter().map(|held| held.map(|held| held.etag)).collect();
                return Ok(Outcome { etags, failed: None });
            }
            self.bucket.stream.pause(tried, &writes[0].key).await?;
            tried += 1;
        }
    }

    /// What a key has after a write.
    fn after(&self, write: &Write, before: Option<&Kept>) -> Option<Kept> {
        match &write.effect {
            Effect::Keep => before.cloned(),
            Effect::Delete => None,
            Effect::Set(value, ttl_ms) => Some(Kept {
                value: Bytes::copy_from_slice(value),
                etag: random_uuid(&*self.platform),
                expires: ttl_ms.map(|left| self.now().saturating_add(left)),
            }),
        }
    }

    /// The messages that write what keys have afterwards. What is only looked at is written as it is: that is how the server
    /// is told what it must be.
    fn messages(
        &self,
        writes: &[Write],
        seen: &[Seen],
        after: &[Option<Kept>],
    ) -> Result<Vec<super::super::jetstream::Write>, ProviderError> {
        let messages = writes.iter().zip(seen).zip(after).map(|((write, seen), after)| {
            // Beside others, it must be gone at their moment.
            let is_nothing = writes.len() == 1 && after.is_none() && seen.held.is_none();
            let change = match after {
                _ if is_nothing => Change::Keep,
                None => Change::Delete,
                Some(Kept { value, etag, expires }) => {
                    let mut headers = HeaderMap::new();
                    headers.insert(ETAG, etag.as_str());
                    Change::Put(Held { headers, payload: value.clone(), expires: *expires })
                }
            };
            let expected = (write.condition != Condition::None).then_some(seen.revision);
            self.bucket.written(&write.key, change, expected)
        });
        messages.filter_map(Result::transpose).collect()
    }

    /// Whether no key has changed since it was seen, so that all were as they were at one moment.
    async fn is_still_so(&self, writes: &[Write], seen: &[Seen]) -> Result<bool, ProviderError> {
        if writes.len() == 1 {
            return Ok(true);
        }
        let again = self.all_seen(writes).await?;
        Ok(again.iter().zip(seen).all(|(again, seen)| again.revision == seen.revision))
    }

    async fn list(&self, Listing { prefix, after, limit }: Listing) -> Result<ListResponse, ProviderError> {
        // The first of those that fit, and one more.
        let mut first = BTreeSet::new();
        let consider = |key: String| {
            if key.starts_with(&prefix) && after.as_ref().is_none_or(|after| key > *after) {
                first.insert(key);
                if first.len() > limit + 1 {
                    first.pop_last();
                }
            }
        };
        self.bucket.each_key(consider).await?;
        let is_last = first.len() <= limit;
        let keys: Vec<String> = first.into_iter().take(limit).collect();
        let cursor = keys.last().filter(|_| !is_last).cloned();
        Ok(ListResponse { keys, cursor })
    }
}

/// Whether it matters for a write what its key has.
fn is_about_what_is_there(write: &Write) -> bool {
    write.condition != Condition::None || !matches!(write.effect, Effect::Set(..))
}
