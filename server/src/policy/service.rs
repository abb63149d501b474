//! Asks a policy service in the words of wasmCloud 0.82.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use wisteria_core::{
    bus::{Bus, BusError, message},
    error::LatticeError,
    identity::PublicKey,
    lattice::Client,
    platform::{BoxFuture, Platform, random_uuid},
    policy::{Action, Answer, PolicyService, Question, SERVICE_LIMIT},
};

use super::ServiceAddress;

/// What an actor that answers is called with.
const OPERATION: &str = "PolicyService.Evaluate";

/// A service on the lattice.
#[derive(Debug)]
pub struct LatticePolicyService {
    address: ServiceAddress,
    bus: Arc<dyn Bus>,
    client: Client,
    platform: Arc<dyn Platform>,
    host: PublicKey,
    lattice: String,
}

impl LatticePolicyService {
    /// The service at an address, as `host` asks it.
    ///
    /// # Errors
    /// The lattice's name is not one token.
    pub fn new(
        address: ServiceAddress,
        bus: Arc<dyn Bus>,
        platform: Arc<dyn Platform>,
        host: PublicKey,
        lattice: &str,
    ) -> Result<Self, LatticeError> {
        let client = Client::new(bus.clone(), platform.clone(), lattice, host, SERVICE_LIMIT)?;
        Ok(Self { address, bus, client, platform, host, lattice: lattice.to_owned() })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    request_id: String,
    source: Source,
    target: Target,
    host: HostInfo,
    action: &'static str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    public_key: Option<String>,
    contract_id: Option<String>,
    link_name: Option<String>,
    capabilities: Vec<String>,
    issuer: Option<String>,
    issued_on: Option<String>,
    expires_at: Option<u64>,
    expired: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    public_key: String,
    issuer: Option<String>,
    contract_id: Option<String>,
    link_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HostInfo {
    public_key: String,
    lattice_id: String,
    labels: BTreeMap<String, String>,
    cluster_issuers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    request_id: String,
    permitted: bool,
    message: Option<String>,
}

impl PolicyService for LatticePolicyService {
    fn ask(&self, question: Question) -> BoxFuture<'static, Result<Answer, String>> {
        let id = random_uuid(&*self.platform);
        let request = self.request(id.clone(), question);
        let payload = serde_json::to_vec(&request).expect("a request has string keys and serialises");
        let (address, bus, client) = (self.address.clone(), self.bus.clone(), self.client.clone());
        Box::pin(async move {
            let reply = match address {
                ServiceAddress::Subject(subject) => {
                    let reply = bus.request(message(subject.clone(), payload), SERVICE_LIMIT).await;
                    reply.map(|reply| reply.payload).map_err(|error| match error {
                        BusError::NoResponders(_) => format!("nobody listens at {subject}"),
                        other => other.to_string(),
                    })?
                }
                ServiceAddress::Actor(actor) => {
                    let reply = client.call(actor, OPERATION, payload.into(), SERVICE_LIMIT).await;
                    reply.map_err(|error| error.to_string())?
                }
            };
            read(&id, &reply)
        })
    }

    fn actor(&self) -> Option<PublicKey> {
        match self.address {
            ServiceAddress::Actor(key) => Some(key),
            ServiceAddress::Subject(_) => None,
        }
    }
}

impl LatticePolicyService {
    fn request(&self, request_id: String, question: Question) -> Request {
        let host = HostInfo {
            public_key: self.host.to_string(),
            lattice_id: self.lattice.clone(),
            labels: question.labels,
            cluster_issuers: Vec::new(),
        };
        let Question { subject, target, issuer, contract, link, capabilities, target_issuer, .. } = question;
        let (contract_id, link_name) = (contract, link);
        let (action, source, target) = match question.action {
            // What starts is the target of a request, which has no source.
            Action::StartActor | Action::StartProvider => (
                if question.action == Action::StartActor { "start_actor" } else { "start_provider" },
                Source::default(),
                Target { public_key: subject, issuer, contract_id, link_name },
            ),
            Action::Invoke | Action::Link | Action::Join => (
                "perform_invocation",
                Source { public_key: Some(subject), capabilities, issuer, ..Source::default() },
                Target { public_key: target, issuer: target_issuer, contract_id, link_name },
            ),
        };
        Request { request_id, source, target, host, action }
    }
}

fn read(id: &str, reply: &[u8]) -> Result<Answer, String> {
    let response: Response =
        serde_json::from_slice(reply).map_err(|error| format!("its answer cannot be read: {error}"))?;
    match response.request_id == id {
        true => Ok(Answer { permitted: response.permitted, message: response.message }),
        false => Err(format!("it answers \"{}\", which was not asked", response.request_id)),
    }
}
