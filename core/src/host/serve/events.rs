//! Keeps the host's copy of links, claims and revocations, and of who else runs an actor, current by the lattice's events.

use std::sync::Arc;

use serde_json::Value;

use super::HostState;
use crate::{
    encoding,
    error::LatticeError,
    host::Link,
    lattice::{
        Event,
        control::{ClaimsSummary, LinkDefinition, RemoveLink},
    },
    metadata::Revocation,
};

/// Follows the events until the host stops. One subscription serves all kinds, so that the changes that one keeper
/// reports arrive in their order.
pub(super) fn follow(host: &Arc<HostState>) -> Result<(), LatticeError> {
    let mut events = host.bus.subscribe(host.subjects.event_kinds(), None)?;
    let state = host.clone();
    host.run_task(async move {
        while let Some(message) = events.next().await {
            if let Some(event) = Event::of_message(&message) {
                apply(&state, event);
            }
        }
    });
    Ok(())
}

fn apply(host: &Arc<HostState>, event: Event) {
    if event.source == host.id().to_string() {
        return;
    }
    host.elsewhere.hear(&event, host.platform.now());
    match event.kind() {
        "linkdef_set" => {
            let link = read::<LinkDefinition>(event.data).and_then(|definition| Link::try_from(&definition).ok());
            if let Some(link) = link {
                host.learn_link(link);
            }
        }
        "linkdef_deleted" => {
            if let Some(named) = read::<RemoveLink>(event.data) {
                host.forget_link(&named);
            }
        }
        "revocation_set" => {
            if let Some(revocation) = read::<Revocation>(event.data) {
                host.learn_revocation(revocation);
            }
        }
        "actors_started" => {
            if let Some(claims) = ClaimsSummary::of_event(&event.data) {
                host.remember_claims(claims);
            }
        }
        // Whoever comes is told at once who is there.
        "host_started" => host.beat(),
        _ => {}
    }
}

fn read<T: serde::de::DeserializeOwned>(data: Value) -> Option<T> {
    encoding::from_value(data).ok()
}
