//! The hosts of the lattice as a keeper hears of them: live, suspended, and then gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;

use crate::{
    encoding,
    host::SILENCE,
    lattice::{
        Event,
        control::{HostSummary, Presence},
    },
};

/// How long a suspended host may take to come back before it is taken for gone.
const SUSPENSION: Duration = Duration::from_secs(60);

/// How many hosts are known at most; those heard of last are passed over beyond it.
const MOST_HOSTS: usize = 65_536;

/// The other hosts by key.
#[derive(Debug, Default)]
pub(super) struct Roster(BTreeMap<String, Peer>);

#[derive(Debug, Default)]
struct Peer {
    labels: BTreeMap<String, String>,
    friendly_name: String,
    version: String,
    providers: BTreeSet<String>,
    heard: Duration,
    suspended: Option<Duration>,
}

impl Roster {
    /// Takes note of an event, and with it that its host lives. `now` is the platform's.
    pub(super) fn hear(&mut self, event: &Event, now: Duration) {
        if event.kind() == "host_stopped" {
            self.0.remove(&event.source);
            return;
        }
        if self.0.len() >= MOST_HOSTS && !self.0.contains_key(&event.source) {
            return tracing::warn!(host = %event.source, "a host beyond {MOST_HOSTS} is not followed");
        }
        let peer = self.0.entry(event.source.clone()).or_default();
        peer.heard = now;
        peer.suspended = None;
        peer.apply(event);
    }

    /// A host's connection ended without a farewell. Says whether it was live.
    pub(super) fn lose(&mut self, host: &str, now: Duration) -> bool {
        match self.0.get_mut(host) {
            Some(peer) if peer.suspended.is_none() => {
                peer.suspended = Some(now);
                true
            }
            _ => false,
        }
    }

    /// Suspends who was silent for too long and drops who did not come back. Returns who is not live any more.
    pub(super) fn advance(&mut self, now: Duration) -> Vec<String> {
        let mut left = Vec::new();
        self.0.retain(|host, peer| match peer.suspended {
            None if now.saturating_sub(peer.heard) >= SILENCE => {
                peer.suspended = Some(now);
                left.push(host.clone());
                true
            }
            Some(since) => now.saturating_sub(since) < SUSPENSION,
            None => true,
        });
        left
    }

    /// How many live hosts run a provider.
    pub(super) fn hosts_of_provider(&self, provider: &str) -> usize {
        self.0.values().filter(|peer| peer.suspended.is_none() && peer.providers.contains(provider)).count()
    }

    /// Whether a host runs a provider that may come back.
    pub(super) fn knows_provider(&self, provider: &str) -> bool {
        self.0.values().any(|peer| peer.providers.contains(provider))
    }

    /// The hosts that are suspended.
    pub(super) fn suspended(&self) -> Vec<HostSummary> {
        let suspended = self.0.iter().filter(|(_, peer)| peer.suspended.is_some());
        suspended
            .map(|(host, peer)| HostSummary {
                id: host.clone(),
                labels: peer.labels.clone(),
                friendly_name: peer.friendly_name.clone(),
                version: peer.version.clone(),
                presence: Presence::Suspended,
                ..HostSummary::default()
            })
            .collect()
    }
}

impl Peer {
    fn apply(&mut self, event: &Event) {
        let key = || event.data["public_key"].as_str().unwrap_or_default().to_owned();
        match event.kind() {
            "host_started" | "host_heartbeat" | "labels_changed" => self.describe(&event.data),
            "provider_started" => drop(self.providers.insert(key())),
            "provider_stopped" => drop(self.providers.remove(&key())),
            _ => {}
        }
    }

    fn describe(&mut self, data: &Value) {
        let text = |field: &str| data[field].as_str().map(str::to_owned);
        if let Ok(labels) = encoding::from_value(data["labels"].clone()) {
            self.labels = labels;
        }
        self.friendly_name = text("friendly_name").unwrap_or(std::mem::take(&mut self.friendly_name));
        self.version = text("version").unwrap_or(std::mem::take(&mut self.version));
        if let Some(providers) = data["providers"].as_array() {
            self.providers =
                providers.iter().filter_map(|provider| provider["id"].as_str()).map(str::to_owned).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        identity::{KeyKind, PublicKey},
        platform::StandingClock,
    };

    fn event(kind: &str, data: Value) -> Event {
        Event::new(&StandingClock::default(), PublicKey::from_bytes(KeyKind::Host, [1; 32]), kind, data)
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_silent_host_is_suspended_for_a_minute_and_then_gone() {
        let mut roster = Roster::default();
        let beat = event("host_heartbeat", json!({ "providers": [{ "id": "V1" }], "labels": { "kind": "browser" } }));
        roster.hear(&beat, at(0));
        assert!(roster.advance(at(44)).is_empty());
        assert_eq!(roster.advance(at(45)).as_slice(), std::slice::from_ref(&beat.source));
        assert_eq!((roster.hosts_of_provider("V1"), roster.knows_provider("V1")), (0, true));
        assert_eq!(roster.suspended()[0].labels["kind"], "browser");
        assert!(roster.advance(at(104)).is_empty());
        assert_eq!(roster.suspended().len(), 1);
        roster.advance(at(105));
        assert_eq!((roster.suspended().len(), roster.knows_provider("V1")), (0, false));
    }

    #[test]
    fn a_lost_connection_suspends_at_once_and_any_word_from_the_host_ends_it() {
        let mut roster = Roster::default();
        let started = event("provider_started", json!({ "public_key": "V1" }));
        roster.hear(&started, at(0));
        assert!(roster.lose(&started.source, at(1)));
        assert!(!roster.lose(&started.source, at(2)), "it was suspended already");
        assert!(!roster.lose("N-unknown", at(2)));
        assert_eq!(roster.hosts_of_provider("V1"), 0);
        roster.hear(&event("actors_stopped", json!({ "public_key": "M1" })), at(3));
        assert_eq!(roster.hosts_of_provider("V1"), 1);
        roster.hear(&event("host_stopped", json!({})), at(4));
        assert!(!roster.knows_provider("V1"));
    }
}
