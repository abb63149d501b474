//! `wisteria:keyvalue2` in the memory of the host: gone when it stops.

use std::{
    ops::Bound,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    keyvalue2::{CONTRACT, Entry, ListResponse},
};

use super::{
    LinkRefused, Provider, ProviderCall, ProviderDescription, ProviderError, ProviderLink,
    expiring::Expiring,
    keyvalue2::{Effect, Listing, Outcome, Request, Write},
};
use crate::{
    identity::PublicKey,
    platform::{BoxFuture, Platform, random_uuid},
};

/// One space of keys, shared by all linked actors.
#[derive(Debug)]
pub struct MemoryKeyValue2 {
    platform: Arc<dyn Platform>,
    store: Mutex<Store>,
}

impl MemoryKeyValue2 {
    /// What it is.
    pub const DESCRIPTION: ProviderDescription = ProviderDescription {
        name: "keyvalue2-memory",
        contract: CONTRACT,
        title: "Key-value with transactions in memory",
        built_in: false,
        values: &[],
    };

    /// An empty store.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, store: Mutex::default() }
    }

    fn answer(&self, request: Request) -> Bytes {
        let now = self.platform.now();
        let mut store = self.store.lock().expect("nothing panics under this lock");
        store.0.forget_expired(now);
        match request {
            Request::Get(key) => codec::encode(&store.get(&key, now)).into(),
            Request::Write(write) => store.write(vec![write], now, &*self.platform).of_one(),
            Request::Transact(writes) => store.write(writes, now, &*self.platform).of_all(),
            Request::List(listing) => codec::encode(&store.list(listing)).into(),
        }
    }
}

impl Provider for MemoryKeyValue2 {
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
        let answer = Request::read(Self::DESCRIPTION.name, &call).map(|request| self.answer(request));
        Box::pin(async { answer })
    }
}

/// What keys hold now; what has expired is forgotten at the next operation.
#[derive(Debug, Default)]
struct Store(Expiring<Held>);

#[derive(Debug)]
struct Held {
    value: Vec<u8>,
    etag: String,
}

impl Store {
    fn get(&self, key: &str, now: Duration) -> Option<Entry> {
        let entry = self.0.entries().get(key)?;
        let Held { value, etag } = &entry.value;
        let left = entry.expires.map(|at| (at - now).as_millis().max(1));
        let ttl_ms = left.map(|left| u64::try_from(left).unwrap_or(u64::MAX));
        Some(Entry { value: value.clone(), etag: etag.clone(), ttl_ms })
    }

    fn write(&mut self, writes: Vec<Write>, now: Duration, platform: &dyn Platform) -> Outcome {
        let fails = |write: &Write| {
            let held = self.0.entries().get(&write.key).map(|entry| &entry.value);
            let held = held.map(|held| (held.etag.as_str(), held.value.as_slice()));
            !write.condition.holds(held)
        };
        let failed = writes.iter().position(fails);
        let keys: Vec<String> = writes.iter().map(|write| write.key.clone()).collect();
        for write in writes.into_iter().filter(|_| failed.is_none()) {
            match write.effect {
                Effect::Keep => {}
                Effect::Delete => drop(self.0.remove(&write.key)),
                Effect::Set(value, ttl_ms) => {
                    let expires = ttl_ms.map(|left| now.saturating_add(Duration::from_millis(left)));
                    self.0.insert(write.key, Held { value, etag: random_uuid(platform) }, expires);
                }
            }
        }
        let etags = keys.iter().map(|key| self.0.entries().get(key).map(|entry| entry.value.etag.clone())).collect();
        Outcome { etags, failed }
    }

    fn list(&self, Listing { prefix, after, limit }: Listing) -> ListResponse {
        let from = match &after {
            Some(after) => Bound::Excluded(after.as_str()),
            None => Bound::Included(prefix.as_str()),
        };
        let from = self.0.entries().range::<str, _>((from, Bound::Unbounded));
        let mut found = from.map(|(key, _)| key).take_while(|key| key.starts_with(&prefix));
        let keys: Vec<String> = found.by_ref().take(limit).cloned().collect();
        let cursor = found.next().and(keys.last().cloned());
        ListResponse { keys, cursor }
    }
}
