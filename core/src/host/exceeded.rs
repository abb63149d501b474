//! Tells the lattice when something ran into a limit, and not more often than it helps.

use std::{sync::Mutex, time::Duration};

use litemap::LiteMap;
use serde_json::json;

use super::state::HostState;
use crate::identity::PublicKey;

/// At most one event per actor and limit in this time, so that who runs into a limit again and again does not flood
/// the bus.
const PAUSE: Duration = Duration::from_secs(1);

/// A limit that something can run into, by its name in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bound {
    Fuel,
    Mailbox,
    Instances,
    Depth,
    Payload,
    ModuleBytes,
    /// Memory or a table of a module that starts with more than is allowed.
    Module,
    /// No limit, but told of as rarely: calls that the policy denies.
    Policy,
}

impl Bound {
    const fn name(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Mailbox => "mailbox",
            Self::Instances => "instances",
            Self::Depth => "depth",
            Self::Payload => "payload_bytes",
            Self::ModuleBytes => "module_bytes",
            Self::Module => "module",
            Self::Policy => "policy",
        }
    }
}

/// When each event was told last. Holds the last second only.
#[derive(Debug, Default)]
pub(super) struct Exceeded(Mutex<LiteMap<(Option<PublicKey>, Bound), Duration>>);

impl Exceeded {
    /// Whether it is to be told now.
    pub(super) fn is_due(&self, actor: Option<PublicKey>, bound: Bound, now: Duration) -> bool {
        let mut told = self.0.lock().expect("nothing panics under this lock");
        if told.get(&(actor, bound)).is_some_and(|last| now < *last + PAUSE) {
            return false;
        }
        told.retain(|_, last| now < *last + PAUSE);
        told.insert((actor, bound), now);
        true
    }
}

impl HostState {
    /// Tells that a limit of `value` was run into: by an actor, or by a module that is no actor yet.
    pub(super) fn tell_exceeded(&self, actor: Option<PublicKey>, bound: Bound, value: u64) {
        if !self.exceeded.is_due(actor, bound, self.platform.now()) {
            return;
        }
        let data = json!({
            "actor": actor.map(|actor| actor.to_string()),
            "limit": bound.name(),
            "value": value,
            "host_id": self.id().to_string(),
        });
        self.emit("limit_exceeded", data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::KeyKind;

    #[test]
    fn an_actor_is_told_of_once_a_second_per_limit_and_what_is_past_is_forgotten() {
        let exceeded = Exceeded::default();
        let (at, actor) = (Duration::from_millis, |byte| Some(PublicKey::from_bytes(KeyKind::Module, [byte; 32])));
        assert!(exceeded.is_due(actor(1), Bound::Fuel, at(0)));
        assert!(!exceeded.is_due(actor(1), Bound::Fuel, at(999)));
        assert!(exceeded.is_due(actor(1), Bound::Payload, at(999)), "another limit");
        assert!(exceeded.is_due(actor(2), Bound::Fuel, at(999)), "another actor");
        assert!(exceeded.is_due(actor(1), Bound::Fuel, at(1_000)));
        assert!(exceeded.is_due(None, Bound::ModuleBytes, at(9_000)));
        assert_eq!(exceeded.0.lock().expect("sound").len(), 1);
    }
}
