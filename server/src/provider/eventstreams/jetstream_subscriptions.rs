//! Subscriptions in a bucket of JetStream: each is a key, which says how far it has come and who delivers it until when.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use wisteria_contracts::eventstreams::Subscription;
use wisteria_core::{platform::Platform, provider::ProviderError};

use super::store::{Handled, LEASE, MAX_SUBSCRIPTIONS, too_many};
use crate::provider::jetstream::{Bucket, Change, Held};

/// The subscriptions of a link.
#[derive(Debug)]
pub(super) struct Subscriptions {
    pub(super) bucket: Bucket,
    /// In whose name they are kept.
    owner: String,
    /// Who delivers here.
    token: Arc<str>,
    platform: Arc<dyn Platform>,
    /// The keys that there are, once they were looked for; other hosts may have changed them since.
    known: Mutex<Option<HashSet<String>>>,
}

/// A subscription as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Tells it from others of its name, before it and after.
    pub(super) life: u64,
    /// After which position it goes on.
    pub(super) position: u64,
    /// Who delivers it.
    #[serde(default)]
    holder: Option<String>,
    /// Until when nobody else does, in milliseconds since 1970.
    #[serde(default)]
    until: u64,
}

/// Whose turn it is to deliver.
#[derive(Debug)]
pub(super) enum Turn {
    Mine(Kept),
    Elsewhere,
    /// There is no such subscription.
    Ended,
}

impl Subscriptions {
    pub(super) fn new(bucket: Bucket, owner: String, token: Arc<str>, platform: Arc<dyn Platform>) -> Self {
        Self { bucket, owner, token, platform, known: Mutex::default() }
    }

    /// Notes a subscription that goes on after that position, if it is not there. Answers whether it is new, and where it
    /// goes on.
    pub(super) async fn add(&self, subscription: &Subscription, position: u64) -> Result<(bool, u64), ProviderError> {
        let key = self.key(subscription);
        let mut known = self.known.lock().await;
        if known.is_none() {
            *known = Some(self.look().await?);
        }
        let known = known.as_mut().expect("they were looked for");
        let mut life = [0; 8];
        self.platform.random(&mut life);
        let new = Kept { life: u64::from_le_bytes(life), position, holder: None, until: 0 };
        let has_room = known.contains(&key) || (known.len() as u64) < MAX_SUBSCRIPTIONS;
        let add = |found: Option<Held>| match found {
            Some(held) => Ok((Change::Keep, (false, kept(&held)?.position))),
            None if !has_room => Err(too_many()),
            None => Ok((Change::Put(held(&new)), (true, position))),
        };
        let added = self.bucket.change(&key, add).await?;
        known.insert(key);
        Ok(added)
    }

    /// Forgets a subscription; whether there was one.
    pub(super) async fn remove(&self, subscription: &Subscription) -> Result<bool, ProviderError> {
        let key = self.key(subscription);
        let mut known = self.known.lock().await;
        let remove = |found: Option<Held>| match found {
            Some(_) => Ok((Change::Delete, true)),
            None => Ok((Change::Keep, false)),
        };
        let removed = self.bucket.change(&key, remove).await?;
        if let Some(known) = known.as_mut() {
            known.remove(&key);
        }
        Ok(removed)
    }

    /// Those that are there.
    pub(super) async fn all(&self) -> Result<Vec<Subscription>, ProviderError> {
        let mut known = self.known.lock().await;
        let found = known.insert(self.look().await?);
        Ok(found.iter().filter_map(|key| self.named(key)).collect())
    }

    /// Notes how far a subscription has come, and who delivers it: this host, unless another does.
    pub(super) async fn turn(
        &self,
        subscription: &Subscription,
        handled: Option<Handled>,
    ) -> Result<Turn, ProviderError> {
        let now = self.now();
        let turn = |found: Option<Held>| {
            let Some(found) = found else {
                return Ok((Change::Keep, Turn::Ended));
            };
            let before = kept(&found)?;
            let is_mine = before.holder.as_deref() == Some(&*self.token);
            if before.holder.is_some() && !is_mine && before.until > now {
                return Ok((Change::Keep, Turn::Elsewhere));
            }
            let mut after = before.clone();
            let handled = handled.filter(|handled| handled.life == before.life);
            after.position = handled.map_or(0, |handled| handled.position).max(before.position);
            let lease = u64::try_from(LEASE.as_millis()).expect("it is short");
            // What is held for long enough is not written for that alone.
            if !is_mine || before.until < now + lease / 2 || after.position != before.position {
                after.holder = Some(self.token.to_string());
                after.until = now + lease;
            }
            let change = if after == before { Change::Keep } else { Change::Put(held(&after)) };
            Ok((change, Turn::Mine(after)))
        };
        self.bucket.change(&self.key(subscription), turn).await
    }

    /// Lets another host deliver, if this one did.
    pub(super) async fn release(&self, subscription: &Subscription) -> Result<(), ProviderError> {
        let release = |found: Option<Held>| {
            let before = found.as_ref().map(kept).transpose()?;
            Ok(match before.filter(|before| before.holder.as_deref() == Some(&*self.token)) {
                Some(before) => (Change::Put(held(&Kept { holder: None, until: 0, ..before })), ()),
                None => (Change::Keep, ()),
            })
        };
        self.bucket.change(&self.key(subscription), release).await
    }

    /// Forgets all.
    pub(super) async fn forget(&self) -> Result<(), ProviderError> {
        let mut known = self.known.lock().await;
        for key in self.look().await? {
            self.bucket.put(&key, Change::Delete).await?;
        }
        *known = None;
        Ok(())
    }

    async fn look(&self) -> Result<HashSet<String>, ProviderError> {
        let mut found = HashSet::new();
        let consider = |key: String| {
            if self.named(&key).is_some() {
                found.insert(key);
            }
        };
        self.bucket.each_key(consider).await?;
        Ok(found)
    }

    fn key(&self, Subscription { stream, subscription }: &Subscription) -> String {
        format!("{}\n{}\n{stream}{subscription}", self.owner, stream.len())
    }

    /// The subscription of a key; nothing where it is another link's.
    fn named(&self, key: &str) -> Option<Subscription> {
        let (length, names) = key.strip_prefix(&self.owner)?.strip_prefix('\n')?.split_once('\n')?;
        let (stream, subscription) = names.split_at_checked(length.parse().ok()?)?;
        Some(Subscription { stream: stream.to_owned(), subscription: subscription.to_owned() })
    }

    /// Milliseconds since the Unix epoch.
    fn now(&self) -> u64 {
        u64::try_from(self.platform.unix_time().as_millis()).unwrap_or(u64::MAX)
    }
}

fn held(kept: &Kept) -> Held {
    let payload = serde_json::to_vec(kept).expect("numbers and texts are JSON");
    Held { payload: payload.into(), ..Held::default() }
}

fn kept(held: &Held) -> Result<Kept, ProviderError> {
    serde_json::from_slice(&held.payload).map_err(|error| {
        ProviderError::Failed(format!(
            "another program has written what is no subscription: {error}; delete it there, or choose another STREAM"
        ))
    })
}
