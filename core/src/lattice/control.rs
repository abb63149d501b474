//! The JSON of the control subjects, as wasmCloud 0.82 has it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::event::rfc3339;
pub use super::limits::ActorLimits;
use crate::{
    encoding,
    error::{ErrorCode, LatticeError},
    identity::ActorClaims,
    metadata::{Revocation, Stamp},
    provider::Exported,
};

/// Whether a request was taken. Wisteria's hosts add what came of it where they were asked to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ack {
    /// Whether it was.
    pub accepted: bool,
    /// Why not; empty otherwise.
    pub error: String,
    /// The actor that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// The provider that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The status of the link that was put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_status: Option<LinkStatus>,
}

/// What is said of what counts and what does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RevocationList {
    /// The latest word on each key and token.
    pub revocations: Vec<Revocation>,
}

impl Ack {
    /// Taken.
    pub fn accepted() -> Self {
        Self { accepted: true, ..Self::default() }
    }

    /// Refused, with the reason.
    pub fn refused(error: &LatticeError) -> Self {
        Self { accepted: false, error: error.message.clone(), ..Self::default() }
    }
}

/// A host's answer to `ping.hosts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSummary {
    /// Its key, `N…`.
    pub id: String,
    /// The cluster key it signs with; empty where the connection is the proof.
    #[serde(default)]
    pub issuer: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What people call it.
    #[serde(default)]
    pub friendly_name: String,
    /// Seconds since it started.
    #[serde(default)]
    pub uptime_seconds: u64,
    /// The same for people.
    #[serde(default)]
    pub uptime_human: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Keys whose invocations it takes, separated by commas.
    #[serde(default)]
    pub cluster_issuers: String,
    /// JetStream domain.
    #[serde(default)]
    pub js_domain: Option<String>,
    /// Where control messages arrive; empty, as the connection decides.
    #[serde(default)]
    pub ctl_host: String,
    /// Where providers find the lattice.
    #[serde(default)]
    pub prov_rpc_host: String,
    /// Where calls arrive.
    #[serde(default)]
    pub rpc_host: String,
    /// The lattice's name.
    #[serde(default)]
    pub lattice: String,
    /// The same under the name of earlier clients.
    #[serde(default)]
    pub lattice_prefix: String,
    /// Whether it can be reached; set where hosts are listed.
    #[serde(default)]
    pub presence: Presence,
}

/// Whether a host can be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It was heard of lately.
    #[default]
    Live,
    /// It lost its connection, or is frozen or hidden; it is taken for gone a minute later.
    Suspended,
}

/// All hosts of a lattice, those included that do not answer at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostList {
    /// The hosts.
    pub hosts: Vec<HostSummary>,
}

/// What runs on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Its key, `N…`.
    pub host_id: String,
    /// The cluster key it signs with.
    #[serde(default)]
    pub issuer: String,
    /// What people call it.
    #[serde(default)]
    pub friendly_name: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its actors.
    #[serde(default)]
    pub actors: Vec<ActorSummary>,
    /// Its providers.
    #[serde(default)]
    pub providers: Vec<ProviderSummary>,
    /// Seconds since it started.
    #[serde(default)]
    pub uptime_seconds: u64,
    /// The same for people.
    #[serde(default)]
    pub uptime_human: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
}

/// An actor in an [`Inventory`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorSummary {
    /// Its key, `M…`.
    pub id: String,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// The name it claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its runs on this host; Wisteria has one per actor and host.
    #[serde(default)]
    pub instances: Vec<ActorRun>,
}

/// One run of an actor on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRun {
    /// Names the run.
    pub instance_id: String,
    /// The revision it claims.
    pub revision: i32,
    /// What the starter noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// How many calls it handles at once.
    #[serde(default)]
    pub max_concurrent: u16,
    /// The same under the name of later clients.
    #[serde(default)]
    pub max_instances: u32,
    /// The limits that its starter set; it has the host's for all others.
    #[serde(default, skip_serializing_if = "ActorLimits::is_empty")]
    pub limits: ActorLimits,
}

/// A provider in an [`Inventory`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSummary {
    /// Its key, `V…`.
    pub id: String,
    /// The link name it serves.
    pub link_name: String,
    /// Its contract.
    pub contract_id: String,
    /// The reference that starts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its revision.
    #[serde(default)]
    pub revision: i32,
    /// What the starter noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// How it is; absent where nothing is linked to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// A link, as it is put and listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinkDefinition {
    /// The actor that may call.
    pub actor_id: String,
    /// The provider that serves.
    pub provider_id: String,
    /// Tells several links of one contract apart.
    pub link_name: String,
    /// The contract.
    pub contract_id: String,
    /// The provider's settings for this link.
    pub values: BTreeMap<String, String>,
    /// When it was put; set by who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
    /// Whether it can be used; set where links are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<LinkStatus>,
}

/// Whether a link can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", from = "super::reading::Status")]
pub enum LinkStatus {
    /// Its provider took it.
    Active,
    /// Its provider runs on no host; it is told of the link when it starts.
    Pending,
    /// Its provider does not take it.
    Refused {
        /// The provider's words.
        reason: String,
    },
}

/// A provider's later verdict on a link, as the event `linkdef_status` carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkVerdict {
    /// The link.
    #[serde(flatten)]
    pub link: RemoveLink,
    /// Whether it can be used.
    pub status: LinkStatus,
}

/// Points a link at another provider, or at the same one with other values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwapLink {
    /// The link as it is to be.
    #[serde(flatten)]
    pub link: LinkDefinition,
    /// Whether what is kept through the link goes along.
    #[serde(default)]
    pub copy: bool,
    /// Whether it may replace what is there of the same name.
    #[serde(default)]
    pub overwrite: bool,
}

/// Asks a provider for a part of what a link holds, or to take such a part over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StateRequest {
    /// The link.
    pub(crate) link: RemoveLink,
    /// What the provider is to hand over, or to take.
    pub(crate) part: Exported,
}

/// A provider's answer to a [`StateRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StateReply {
    /// A part of what the link holds; empty where it took one over.
    pub(crate) part: Exported,
    /// Why it did not.
    pub(crate) error: Option<String>,
}

/// Names a link to delete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RemoveLink {
    /// The actor.
    pub actor_id: String,
    /// The contract.
    pub contract_id: String,
    /// The link name.
    pub link_name: String,
    /// When it was deleted, or which of the links under this name is meant; set by who keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
}

/// The reply to `get.links`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LinkList {
    /// All links.
    pub links: Vec<LinkDefinition>,
    /// Which changes the list contains: all up to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Stamp>,
}

/// The reply to `get.claims`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClaimsList {
    /// All claims.
    pub claims: Vec<ClaimsSummary>,
}

/// An actor's claims as they are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClaimsSummary {
    /// Its call alias; empty without.
    pub call_alias: String,
    /// The contracts it may use, separated by commas.
    pub caps: String,
    /// Its issuer, `A…`; empty for an unsigned module.
    pub iss: String,
    /// Its name; empty without.
    pub name: String,
    /// Its revision; empty without.
    pub rev: String,
    /// Its module key, `M…`.
    pub sub: String,
    /// Its tags, separated by commas.
    pub tags: String,
    /// Its version; empty without.
    pub version: String,
}

impl ClaimsSummary {
    /// The claims of a module; without any, only its key.
    pub fn of(actor: &str, claims: Option<&ActorClaims>) -> Self {
        let Some(claims) = claims else {
            return Self { sub: actor.to_owned(), ..Self::default() };
        };
        Self {
            call_alias: claims.call_alias.clone().unwrap_or_default(),
            caps: claims.caps.join(","),
            iss: claims.issuer.to_string(),
            name: claims.name.clone().unwrap_or_default(),
            rev: claims.revision.map(|revision| revision.to_string()).unwrap_or_default(),
            sub: actor.to_owned(),
            tags: claims.tags.join(","),
            version: claims.version.clone().unwrap_or_default(),
        }
    }

    /// The claims in the form that events carry.
    pub(crate) fn in_event(claims: Option<&ActorClaims>) -> Value {
        let when = |time: Option<Duration>, none: &str| time.map_or_else(|| none.to_owned(), rfc3339);
        let Some(claims) = claims else {
            return json!({ "issuer": "", "not_before_human": "immediately", "expires_human": "never" });
        };
        json!({
            "not_before_human": when(claims.not_before, "immediately"),
            "expires_human": when(claims.expires, "never"),
            "call_alias": claims.call_alias,
            "caps": claims.caps,
            "issuer": claims.issuer.to_string(),
            "tags": claims.tags,
            "name": claims.name,
            "version": claims.version,
            "revision": claims.revision,
        })
    }

    /// The claims of the actor that an event tells of; nothing where it tells of none.
    pub(crate) fn of_event(data: &Value) -> Option<Self> {
        let claims = data.get("claims")?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| {
            let members = claims[name].as_array().map(Vec::as_slice).unwrap_or_default();
            members.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        };
        Some(Self {
            call_alias: text("call_alias"),
            caps: list("caps"),
            iss: text("issuer"),
            name: text("name"),
            rev: claims["revision"].as_i64().map(|revision| revision.to_string()).unwrap_or_default(),
            sub: data["public_key"].as_str()?.to_owned(),
            tags: list("tags"),
            version: text("version"),
        })
    }

    /// Whether the module was signed.
    pub fn is_signed(&self) -> bool {
        !self.iss.is_empty()
    }
}

/// Asks a host to run an actor with so many instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ScaleActor {
    /// The module to start, or the key of an actor that runs.
    pub actor_ref: String,
    /// The host asked.
    pub host_id: String,
    /// Instances at most; none means as many as the host gives an actor, 0 stops it.
    pub count: Option<u32>,
    /// What the starter notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The actor's limits. Without, an actor that starts has the host's, and one that runs keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<ActorLimits>,
}

/// Asks a host to stop an actor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StopActor {
    /// The actor's key or the reference it was started from; older clients call it `actor_ref`.
    pub actor_id: String,
    /// The host asked.
    pub host_id: String,
    /// What the run must have been started with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Asks a host to run another module in the place of an actor's, without a pause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UpdateActor {
    /// The actor's key, which the new module must have, too.
    pub actor_id: String,
    /// The module to run from now on.
    pub new_actor_ref: String,
    /// The host asked.
    pub host_id: String,
    /// What the starter notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Asks all hosts who could run an actor; the reply of one that could.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActorAuction {
    /// The module.
    pub actor_ref: String,
    /// Labels that the host must have.
    pub constraints: BTreeMap<String, String>,
    /// Who could; in the reply only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_id: String,
}

/// Asks all hosts who could run a provider; the reply of one that could.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProviderAuction {
    /// The name of its kind, or `NAME@V…`.
    pub provider_ref: String,
    /// The link name it is to serve.
    pub link_name: String,
    /// Labels that the host must have.
    pub constraints: BTreeMap<String, String>,
    /// Who could; in the reply only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_id: String,
}

/// A label to put on a host, or to take from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HostLabel {
    /// Its name.
    pub key: String,
    /// Its value; of no use where it is taken away.
    pub value: String,
}

/// A provider's answer to a check of its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether it can do its work.
    pub healthy: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Asks a host to start a provider it knows by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StartProvider {
    /// The name of its kind, `keyvalue-memory`, or `NAME@V…` for one that shares the key of another host's.
    pub provider_ref: String,
    /// The link name it serves.
    pub link_name: String,
    /// The host asked.
    pub host_id: String,
    /// Settings, as the provider reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// What the starter notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// Asks a host to stop a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StopProvider {
    /// The provider's key, `V…`, or the reference that started it.
    pub provider_ref: String,
    /// The link name it serves.
    pub link_name: String,
    /// Its contract.
    pub contract_id: String,
    /// The host asked.
    pub host_id: String,
}

/// Asks a host to stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StopHost {
    /// The host asked.
    pub host_id: String,
    /// Milliseconds that calls in flight get to finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// Asks a host to suffer a fault, so that one sees what the lattice does about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `slow-link`: calls that an actor makes on this host through one link take longer. `cut-off`: the host loses its
    /// connection to the lattice for a while.
    pub kind: String,
    /// The actor of a slow link.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor_id: String,
    /// Its contract.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contract_id: String,
    /// Its link name; `default` where it is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link_name: String,
    /// How much longer its calls take, in milliseconds; 0 ends the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// For how many milliseconds the host is cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
}

/// Reads the JSON of a request.
pub(crate) fn read_json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, LatticeError> {
    encoding::from_json(payload)
        .map_err(|error| LatticeError::new(ErrorCode::BadRequest, format!("the request cannot be read: {error}")))
}

/// Encodes a request or reply.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("control types have string keys and serialise")
}
