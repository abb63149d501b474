//! Which other hosts run an actor, as their events tell.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use super::lifecycle::SILENCE;
use crate::{identity::PublicKey, lattice::Event};

/// How much is remembered: pairs of an actor and a host that runs it. What is heard of beyond it is passed over.
const MOST: usize = 4096;

/// How many actors of one heartbeat are looked at: whatever a host claims to run, hearing it takes no time that others miss.
const MOST_OF_ONE: usize = 256;

/// When each host last told that it runs an actor. Right or wrong, a call finds its way: this decides only whether calls
/// that would wait here are sent to whoever runs the actor.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(Mutex<Told>);

/// A list, as it is read only where a call would wait or takes long, and short where a lattice is small.
type Told = Vec<Runs>;

#[derive(Debug)]
struct Runs {
    actor: PublicKey,
    host: PublicKey,
    heard: Duration,
}

impl Elsewhere {
    /// Takes note of an event of another host. `now` is the platform's.
    pub(super) fn hear(&self, event: &Event, now: Duration) {
        let Ok(host) = event.source.parse::<PublicKey>() else {
            return;
        };
        let actor = || event.data["public_key"].as_str()?.parse::<PublicKey>().ok();
        let mut told = self.told();
        match event.kind() {
            "host_heartbeat" => {
                let actors = event.data["actors"].as_object().into_iter().flat_map(|actors| actors.keys());
                for actor in actors.take(MOST_OF_ONE).filter_map(|actor| actor.parse().ok()) {
                    note(&mut told, actor, host, now);
                }
            }
            "actors_started" => {
                if let Some(actor) = actor() {
                    note(&mut told, actor, host, now);
                }
            }
            "actors_stopped" => {
                let stopped = actor();
                told.retain(|runs| runs.host != host || Some(runs.actor) != stopped);
            }
            "host_stopped" => told.retain(|runs| runs.host != host),
            _ => {}
        }
    }

    /// Whether another host runs an actor.
    pub(super) fn runs(&self, actor: PublicKey, now: Duration) -> bool {
        self.told().iter().any(|runs| runs.actor == actor && is_recent(runs.heard, now))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().expect("nothing panics under this lock")
    }
}

fn note(told: &mut Told, actor: PublicKey, host: PublicKey, now: Duration) {
    if let Some(known) = told.iter_mut().find(|runs| runs.actor == actor && runs.host == host) {
        known.heard = now;
        return;
    }
    if told.len() >= MOST {
        told.retain(|runs| is_recent(runs.heard, now));
    }
    if told.len() < MOST {
        told.push(Runs { actor, host, heard: now });
    }
}

fn is_recent(heard: Duration, now: Duration) -> bool {
    now.saturating_sub(heard) < SILENCE
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{identity::KeyKind, platform::StandingClock};

    const SECOND: Duration = Duration::from_secs(1);

    fn key(kind: KeyKind, byte: u8) -> PublicKey {
        PublicKey::from_bytes(kind, [byte; 32])
    }

    fn event(host: u8, kind: &str, data: Value) -> Event {
        Event::new(&StandingClock::default(), key(KeyKind::Host, host), kind, data)
    }

    #[test]
    fn an_actor_runs_elsewhere_until_it_is_stopped_or_its_host_is() {
        let (elsewhere, one, other) = (Elsewhere::default(), key(KeyKind::Module, 1), key(KeyKind::Module, 2));
        let started =
            |host, actor: PublicKey| event(host, "actors_started", json!({ "public_key": actor.to_string() }));
        assert!(!elsewhere.runs(one, SECOND));
        for event in [started(1, one), started(2, one), started(2, other)] {
            elsewhere.hear(&event, SECOND);
        }
        elsewhere.hear(&event(1, "actors_stopped", json!({ "public_key": one.to_string() })), SECOND);
        assert!(elsewhere.runs(one, SECOND) && elsewhere.runs(other, SECOND));
        elsewhere.hear(&event(2, "host_stopped", json!({})), SECOND);
        assert!(!elsewhere.runs(one, SECOND) && !elsewhere.runs(other, SECOND));
    }

    #[test]
    fn heartbeats_tell_it_as_well_and_who_falls_silent_is_not_counted_on() {
        let (elsewhere, actor) = (Elsewhere::default(), key(KeyKind::Module, 1));
        let beat = |host| event(host, "host_heartbeat", json!({ "actors": { actor.to_string(): 1, "no key": 1 } }));
        elsewhere.hear(&beat(0), SECOND);
        elsewhere.hear(&beat(255), SECOND * 30);
        assert!(elsewhere.runs(actor, SECOND * 74));
        assert!(!elsewhere.runs(actor, SECOND * 75));
        assert!(!elsewhere.runs(key(KeyKind::Module, 2), SECOND * 30));
    }

    #[test]
    fn what_hosts_claim_to_run_has_a_bound_that_whoever_fell_silent_makes_room_in() {
        let mut told = Told::new();
        for count in 0..=MOST {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&count.to_le_bytes());
            note(&mut told, PublicKey::from_bytes(KeyKind::Module, bytes), key(KeyKind::Host, 1), SECOND);
        }
        assert_eq!(told.len(), MOST);
        note(&mut told, key(KeyKind::Module, 9), key(KeyKind::Host, 1), SECOND * 90);
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn of_a_host_that_claims_to_run_everything_only_some_is_looked_at() {
        let elsewhere = Elsewhere::default();
        let actor = |count: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&count.to_le_bytes());
            PublicKey::from_bytes(KeyKind::Module, bytes).to_string()
        };
        let actors: Value = (0..MOST_OF_ONE * 2).map(|count| (actor(count), json!(1))).collect();
        elsewhere.hear(&event(1, "host_heartbeat", json!({ "actors": actors })), SECOND);
        assert_eq!(elsewhere.told().len(), MOST_OF_ONE);
    }
}
