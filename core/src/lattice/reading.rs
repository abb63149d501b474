//! How the JSON of the control subjects is read, as far as hosts of tabs read it, where bytes count.

use serde::Deserialize;

use super::control::{
    Ack, ActorAuction, ClaimsList, ClaimsSummary, Fault, HostLabel, LinkDefinition, LinkList, LinkStatus,
    ProviderAuction, RemoveLink, RevocationList, ScaleActor, StartProvider, StateReply, StateRequest, StopActor,
    StopHost, StopProvider, UpdateActor,
};
use crate::encoding::by_name::read_by_name;

read_by_name!(Ack {
    accepted: needed["accepted"],
    error: optional["error"],
    actor_id: optional["actor_id"],
    provider_id: optional["provider_id"],
    link_status: optional["link_status"],
});

read_by_name!(RevocationList { revocations: optional["revocations"] });

read_by_name!(LinkDefinition {
    actor_id: needed["actor_id"],
    provider_id: needed["provider_id"],
    link_name: needed["link_name"],
    contract_id: needed["contract_id"],
    values: optional["values"],
    stamp: optional["stamp"],
    status: optional["status"],
});

read_by_name!(StateRequest { link: needed["link"], part: needed["part"] });

read_by_name!(StateReply { part: needed["part"], error: optional["error"] });

read_by_name!(RemoveLink {
    actor_id: needed["actor_id"],
    contract_id: needed["contract_id"],
    link_name: needed["link_name"],
    stamp: optional["stamp"],
});

read_by_name!(LinkList { links: needed["links"], as_of: optional["as_of"] });

read_by_name!(ClaimsList { claims: needed["claims"] });

read_by_name!(ClaimsSummary {
    call_alias: optional["call_alias"],
    caps: optional["caps"],
    iss: optional["iss"],
    name: optional["name"],
    rev: optional["rev"],
    sub: needed["sub"],
    tags: optional["tags"],
    version: optional["version"],
});

read_by_name!(ScaleActor {
    actor_ref: needed["actor_ref"],
    host_id: optional["host_id"],
    count: optional["count", "max_instances"],
    annotations: optional["annotations"],
    limits: optional["limits"],
});

read_by_name!(StopActor {
    actor_id: needed["actor_id", "actor_ref"],
    host_id: optional["host_id"],
    annotations: optional["annotations"],
});

read_by_name!(UpdateActor {
    actor_id: needed["actor_id"],
    new_actor_ref: needed["new_actor_ref"],
    host_id: optional["host_id"],
    annotations: optional["annotations"],
});

read_by_name!(ActorAuction {
    actor_ref: optional["actor_ref"],
    constraints: optional["constraints"],
    host_id: optional["host_id"],
});

read_by_name!(ProviderAuction {
    provider_ref: optional["provider_ref"],
    link_name: optional["link_name"],
    constraints: optional["constraints"],
    host_id: optional["host_id"],
});

read_by_name!(HostLabel { key: needed["key"], value: optional["value"] });

read_by_name!(StartProvider {
    provider_ref: needed["provider_ref"],
    link_name: optional["link_name"],
    host_id: optional["host_id"],
    configuration: optional["configuration"],
    annotations: optional["annotations"],
});

read_by_name!(StopProvider {
    provider_ref: needed["provider_ref"],
    link_name: optional["link_name"],
    contract_id: optional["contract_id"],
    host_id: optional["host_id"],
});

read_by_name!(StopHost { host_id: optional["host_id"], timeout: optional["timeout"] });

read_by_name!(Fault {
    kind: optional["kind"],
    actor_id: optional["actor_id"],
    contract_id: optional["contract_id"],
    link_name: optional["link_name"],
    delay_ms: optional["delay_ms"],
    for_ms: optional["for_ms"],
});

/// A [`LinkStatus`] as it is read: what is derived for enums with fields is several times as large.
#[derive(Deserialize)]
pub(super) struct Status {
    state: State,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Active,
    Pending,
    Refused,
}

impl From<Status> for LinkStatus {
    fn from(Status { state, reason }: Status) -> Self {
        match state {
            State::Active => Self::Active,
            State::Pending => Self::Pending,
            State::Refused => Self::Refused { reason },
        }
    }
}
