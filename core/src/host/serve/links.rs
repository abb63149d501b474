//! Keeps the lattice's links: a link is stored once its provider has accepted it.

use std::sync::Arc;

use serde_json::json;

use super::HostState;
use crate::{
    bus::{BusError, Message, message},
    error::{ErrorCode, LatticeError},
    host::{Link, dispatch::bus_failed, state::read_link},
    lattice::{
        control::{Ack, ClaimsList, LinkDefinition, LinkList, RemoveLink, read_json, to_json},
        wire,
    },
};

/// Answers for links and claims until the host stops.
pub(super) fn serve(host: &Arc<HostState>) -> Result<(), LatticeError> {
    for suffix in ["get.links", "get.claims", "linkdefs.put", "linkdefs.del"] {
        let subject = host.subjects.control(suffix);
        let queue = format!("wasmbus.ctl.{}", host.config.lattice);
        let mut requests = host.bus.subscribe(subject.into(), Some(&queue))?;
        let state = host.clone();
        host.run_task(async move {
            while let Some(request) = requests.next().await {
                let answering = state.clone();
                state.platform.spawn(Box::pin(async move { answer(&answering, suffix, request).await }));
            }
        });
    }
    Ok(())
}

async fn answer(host: &Arc<HostState>, suffix: &str, request: Message) {
    let reply = match suffix {
        "get.links" => to_json(&LinkList { links: host.links.all().iter().map(LinkDefinition::from).collect() }),
        "get.claims" => to_json(&ClaimsList {
            claims: host.claims.read().expect("nothing panics under this lock").values().cloned().collect(),
        }),
        "linkdefs.put" => return acknowledge(host, &request, put(host, &request.payload).await),
        _ => return acknowledge(host, &request, delete(host, &request.payload).await),
    };
    if let Some(reply_to) = request.reply {
        super::control::reply(host, message(reply_to, reply));
    }
}

fn acknowledge(host: &HostState, request: &Message, outcome: Result<(), LatticeError>) {
    super::control::acknowledge(host, request, outcome.map(|()| Ack::accepted()));
}

async fn put(host: &Arc<HostState>, payload: &[u8]) -> Result<(), LatticeError> {
    let definition: LinkDefinition = read_json(payload)?;
    let link = read_link(&definition)?;
    let _one_at_a_time = host.link_changes.lock().await;
    check_claims(host, &link)?;
    tell_provider(host, &link, "put").await?;
    if let Some(replaced) = host.links.put(link.clone())
        && replaced.provider != link.provider
        && let Err(error) = tell_provider(host, &replaced, "del").await
    {
        tracing::warn!(%error, provider = %replaced.provider, "a replaced link was not taken from its provider");
    }
    let mut data = serde_json::to_value(LinkDefinition::from(&link)).unwrap_or_default();
    data["id"] = json!(link_id(&link));
    host.emit("linkdef_set", data);
    Ok(())
}

async fn delete(host: &Arc<HostState>, payload: &[u8]) -> Result<(), LatticeError> {
    let named: RemoveLink = read_json(payload)?;
    let bad = |error: &dyn std::fmt::Display| {
        LatticeError::new(ErrorCode::BadRequest, format!("actor \"{}\": {error}", named.actor_id))
    };
    let actor = named.actor_id.parse().map_err(|error| bad(&error))?;
    let link_name = match named.link_name.as_str() {
        "" => crate::call::DEFAULT_LINK_NAME,
        name => name,
    };
    let _one_at_a_time = host.link_changes.lock().await;
    let Some(link) = host.links.find(actor, &named.contract_id, link_name) else {
        return Err(LatticeError::new(
            ErrorCode::NotLinked,
            format!(
                "actor {actor} has no link to {} under \"{link_name}\"; see: wisteria get links",
                named.contract_id
            ),
        ));
    };
    match tell_provider(host, &link, "del").await {
        Err(error) if error.code != ErrorCode::NoResponders => return Err(error),
        _ => {}
    }
    host.links.remove(actor, &named.contract_id, link_name);
    host.emit(
        "linkdef_deleted",
        json!({
            "id": link_id(&link),
            "actor_id": link.actor.to_string(),
            "provider_id": link.provider.to_string(),
            "contract_id": &*link.contract,
            "link_name": &*link.link_name,
        }),
    );
    Ok(())
}

/// Refuses a link that the actor could never use.
fn check_claims(host: &HostState, link: &Link) -> Result<(), LatticeError> {
    let claims = host.claims.read().expect("nothing panics under this lock");
    let Some(claims) = claims.get(&link.actor).filter(|claims| claims.is_signed()) else {
        return Ok(());
    };
    match claims.caps.split(',').any(|claimed| claimed == &*link.contract) {
        true => Ok(()),
        false => Err(LatticeError::new(
            ErrorCode::NotClaimed,
            format!(
                "actor {} does not claim {}; sign it with that capability (it claims: {})",
                link.actor, link.contract, claims.caps
            ),
        )),
    }
}

/// Tells a provider of a change of its links and waits for its verdict.
async fn tell_provider(host: &Arc<HostState>, link: &Link, verb: &str) -> Result<(), LatticeError> {
    let subject = host
        .subjects
        .provider_link(link.provider, &link.link_name, verb)
        .map_err(|error| LatticeError::new(ErrorCode::BadRequest, format!("the link name cannot be used: {error}")))?;
    let request = message(subject, wire::to_messagepack(&LinkDefinition::from(link)));
    let reply = match host.bus.request(request, host.config.limits.deadline).await {
        Ok(reply) => reply,
        Err(BusError::NoResponders(_)) => {
            return Err(LatticeError::new(
                ErrorCode::NoResponders,
                format!(
                    "provider {} is not running on any host; start it, or link another (see: wisteria get inventory)",
                    link.provider
                ),
            ));
        }
        Err(error) => return Err(bus_failed(&error, format_args!("provider {}", link.provider))),
    };
    let ack: Ack = rmp_serde::from_slice(&reply.payload).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the provider's verdict cannot be read: {error}"))
    })?;
    match ack.accepted {
        true => Ok(()),
        false => Err(LatticeError::new(ErrorCode::LinkRefused, ack.error)),
    }
}

/// Names a link in events: the SHA-256 of actor, contract and link name in upper-case hex.
fn link_id(link: &Link) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(link.actor.to_string());
    hash.update(&*link.contract);
    hash.update(&*link.link_name);
    crate::text::HEX_UPPER.encode(&hash.finalize())
}
