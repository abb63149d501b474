//! Keeps the host's copy of links and claims current by the lattice's events.

use std::sync::Arc;

use serde_json::Value;

use super::HostState;
use crate::{
    error::LatticeError,
    host::state::read_link,
    lattice::{
        Event,
        control::{ClaimsSummary, LinkDefinition, RemoveLink},
    },
};

/// Follows the events until the host stops.
pub(super) fn follow(host: &Arc<HostState>) -> Result<(), LatticeError> {
    let mut subscribed = Vec::new();
    for kind in ["linkdef_set", "linkdef_deleted", "actors_started"] {
        subscribed.push(host.bus.subscribe(host.subjects.event(kind).into(), None)?);
    }
    for mut events in subscribed {
        let state = host.clone();
        host.run_task(async move {
            while let Some(message) = events.next().await {
                if let Some(event) = Event::read(&message.payload) {
                    apply(&state, event);
                }
            }
        });
    }
    Ok(())
}

fn apply(host: &HostState, event: Event) {
    if event.source == host.id().to_string() {
        return;
    }
    match event.kind() {
        "linkdef_set" => {
            let link = read::<LinkDefinition>(event.data).and_then(|definition| read_link(&definition).ok());
            if let Some(link) = link {
                host.links.put(link);
            }
        }
        "linkdef_deleted" => {
            if let Some(removed) = read::<RemoveLink>(event.data)
                && let Ok(actor) = removed.actor_id.parse()
            {
                host.links.remove(actor, &removed.contract_id, &removed.link_name);
            }
        }
        "actors_started" => {
            let claims = event.data.get("claims").cloned().and_then(read::<ClaimsSummary>);
            if let Some(claims) = claims {
                host.remember_claims(claims);
            }
        }
        _ => {}
    }
}

fn read<T: serde::de::DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}
