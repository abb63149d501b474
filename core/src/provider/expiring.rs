//! Keys that hold something in memory, some of them for a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What keys hold now. Times are the platform's.
#[derive(Debug)]
pub(super) struct Expiring<V> {
    entries: BTreeMap<String, Entry<V>>,
    /// The keys that expire, by when they do.
    expiring: BTreeSet<(Duration, String)>,
}

/// What a key holds.
#[derive(Debug)]
pub(super) struct Entry<V> {
    pub(super) value: V,
    /// When it expires, if it does.
    pub(super) expires: Option<Duration>,
}

impl<V> Expiring<V> {
    /// All keys that have not been forgotten, in the order of their bytes.
    pub(super) const fn entries(&self) -> &BTreeMap<String, Entry<V>> {
        &self.entries
    }

    /// What a key holds.
    pub(super) fn value(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    /// Puts a value under a key in place of what it held.
    pub(super) fn insert(&mut self, key: String, value: V, expires: Option<Duration>) {
        self.remove(&key);
        if let Some(at) = expires {
            self.expiring.insert((at, key.clone()));
        }
        self.entries.insert(key, Entry { value, expires });
    }

    /// Removes a key; whether there was one.
    pub(super) fn remove(&mut self, key: &str) -> bool {
        let removed = self.entries.remove(key);
        if let Some(at) = removed.as_ref().and_then(|entry| entry.expires) {
            self.expiring.remove(&(at, key.to_owned()));
        }
        removed.is_some()
    }

    /// Forgets what has expired by then.
    pub(super) fn forget_expired(&mut self, now: Duration) {
        while self.expiring.first().is_some_and(|(at, _)| *at <= now) {
            let (_, key) = self.expiring.pop_first().expect("there is a first");
            self.entries.remove(&key);
        }
    }

    /// How many keys expire.
    #[cfg(test)]
    pub(super) fn expiring(&self) -> usize {
        self.expiring.len()
    }
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), expiring: BTreeSet::new() }
    }
}
