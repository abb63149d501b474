//! Answers the requests that every host gets beside commands: auctions, labels, and what registries ask for.

use std::{collections::BTreeMap, sync::Arc};

use futures::StreamExt;
use serde_json::json;

use super::{
    HostState,
    control::{acknowledge, or_default, reply},
};
use crate::{
    bus::{Message, message},
    error::{ErrorCode, LatticeError},
    host::{RegistryCredential, provider::ProviderReference},
    lattice::control::{Ack, ActorAuction, HostLabel, ProviderAuction, read_json, to_json},
};

/// How many labels a host may have, and for how many registries it remembers what they ask for.
const MOST_ENTRIES: usize = 1024;

/// Answers until the host stops.
pub(super) fn serve(host: &Arc<HostState>) -> Result<(), LatticeError> {
    let subjects = &host.subjects;
    let mut requests = futures::stream::SelectAll::new();
    for subject in [
        subjects.control("auction.actor"),
        subjects.control("auction.provider"),
        subjects.control("registries.put"),
        subjects.labels(host.id(), "put"),
        subjects.labels(host.id(), "del"),
    ] {
        requests.push(host.bus.subscribe(subject.into(), None)?);
    }
    let state = host.clone();
    host.run_task(async move {
        while let Some(request) = requests.next().await {
            answer(&state, &request);
        }
    });
    Ok(())
}

fn answer(host: &HostState, request: &Message) {
    let suffix = request.subject.as_str().splitn(4, '.').nth(3).unwrap_or_default();
    let outcome = match suffix {
        "auction.actor" => return bid(host, request, bid_for_actor(host, &request.payload)),
        "auction.provider" => return bid(host, request, bid_for_provider(host, &request.payload)),
        "registries.put" => put_registries(host, &request.payload),
        _ => change_label(host, &request.payload, suffix.ends_with(".put")),
    };
    acknowledge(&*host.bus, request, outcome.map(|()| Ack::accepted()));
}

/// Answers an auction. A host that could not take what is offered stays silent, as others may.
fn bid(host: &HostState, request: &Message, bid: Option<Vec<u8>>) {
    if let (Some(bid), Some(reply_to)) = (bid, request.reply.clone()) {
        reply(&*host.bus, message(reply_to, bid));
    }
}

fn bid_for_actor(host: &HostState, payload: &[u8]) -> Option<Vec<u8>> {
    let auction: ActorAuction = read_json(payload).ok()?;
    let could = has_labels(host, &auction.constraints);
    could.then(|| to_json(&ActorAuction { host_id: host.id().to_string(), ..auction }))
}

fn bid_for_provider(host: &HostState, payload: &[u8]) -> Option<Vec<u8>> {
    let auction: ProviderAuction = read_json(payload).ok()?;
    let reference = ProviderReference::read(&auction.provider_ref).ok()?;
    let knows = host.provider_kind(reference.name).is_ok();
    let link_name = or_default(&auction.link_name);
    let runs = host.all_providers().iter().any(|provider| provider.is(&reference, link_name));
    let could = knows && !runs && has_labels(host, &auction.constraints);
    could.then(|| to_json(&ProviderAuction { host_id: host.id().to_string(), ..auction }))
}

fn has_labels(host: &HostState, constraints: &BTreeMap<String, String>) -> bool {
    let labels = host.labels();
    constraints.iter().all(|(name, value)| labels.get(name) == Some(value))
}

fn change_label(host: &HostState, payload: &[u8], is_put: bool) -> Result<(), LatticeError> {
    let label: HostLabel = read_json(payload)?;
    if label.key.is_empty() {
        return Err(LatticeError::new(ErrorCode::BadRequest, "a label needs a name; give it one as \"key\""));
    }
    {
        let mut labels = host.labels.write().expect("nothing panics under this lock");
        match is_put {
            true if labels.len() >= MOST_ENTRIES && !labels.contains_key(&label.key) => {
                return Err(LatticeError::new(
                    ErrorCode::BadRequest,
                    format!("a host has at most {MOST_ENTRIES} labels; delete some"),
                ));
            }
            true => drop(labels.insert(label.key, label.value)),
            false => drop(labels.remove(&label.key)),
        }
    }
    host.permits.forget();
    host.emit("labels_changed", json!({ "host_id": host.id().to_string(), "labels": host.labels() }));
    Ok(())
}

fn put_registries(host: &HostState, payload: &[u8]) -> Result<(), LatticeError> {
    let all: BTreeMap<String, RegistryCredential> = read_json(payload)?;
    if all.len() > MOST_ENTRIES {
        return Err(LatticeError::new(
            ErrorCode::BadRequest,
            format!("a host remembers at most {MOST_ENTRIES} registries; send fewer"),
        ));
    }
    let mut registries = host.registries.write().expect("nothing panics under this lock");
    registries.clear();
    for (name, credential) in all {
        registries.insert(name, credential);
    }
    Ok(())
}
