//! Who is meant: actors, providers and hosts by the names that people give them.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use thiserror::Error;
use wisteria_core::{
    error::LatticeError,
    identity::{KeyError, KeyKind, PublicKey},
    lattice::{
        Client,
        control::{HostSummary, Inventory, Presence},
    },
};

use super::pairs::Pair;

/// Which host to use.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct HostChoice {
    /// The host's key, N…, or the beginning of it
    #[arg(long, value_name = "HOST", conflicts_with = "labels")]
    host: Option<String>,
    /// A label that the host has; may be given several times
    #[arg(long = "label", value_name = "K=V")]
    labels: Vec<Pair>,
}

/// Why it is not clear who is meant.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    #[error(transparent)]
    Lattice(#[from] LatticeError),
    #[error("no actor is called {0:?} by alias or claimed name; name it by its key, M…, as in: wisteria get claims")]
    NoActor(String),
    #[error("no provider is called {0:?} on any host; name it by its key, V…, as in: wisteria get inventory HOST")]
    NoProvider(String),
    #[error("no host's key begins with {0:?}; see: wisteria get hosts")]
    NoHost(String),
    #[error("no host has the label {0}; see: wisteria get hosts")]
    NoHostWithLabels(String),
    #[error("no host answers; start one with: wisteria up")]
    NoHosts,
    #[error("{what} {name:?} is not clear, as there are {}; name one by its key", keys.join(", "))]
    Ambiguous { what: &'static str, name: String, keys: Vec<String> },
    #[error("{text:?} is not usable as the key of a {kind}: {cause}")]
    Key { text: String, kind: KeyKind, cause: KeyError },
    #[error("{what} {key} runs on no host; see: wisteria get inventory HOST")]
    RunsNowhere { what: &'static str, key: PublicKey },
}

impl HostChoice {
    /// Whether any is named.
    pub(super) fn is_given(&self) -> bool {
        self.host.is_some() || !self.labels.is_empty()
    }

    /// All hosts that are meant: the one named, else those with all labels.
    pub(super) async fn resolve_all(&self, client: &Client) -> Result<Vec<PublicKey>, ResolveError> {
        if let Some(name) = &self.host {
            return Ok(vec![host(client, name).await?]);
        }
        let labels = self.labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
        let hosts = client.auction_actor(labels).await?;
        match (hosts.is_empty(), self.labels.is_empty()) {
            (false, _) => Ok(hosts),
            (true, true) => Err(ResolveError::NoHosts),
            (true, false) => Err(ResolveError::NoHostWithLabels(self.labels_in_words())),
        }
    }

    /// The host that is meant: the one named, else the first with all labels, else the first server.
    pub(super) async fn resolve(&self, client: &Client) -> Result<PublicKey, ResolveError> {
        if let Some(name) = &self.host {
            return host(client, name).await;
        }
        let mut hosts = client.hosts().await?;
        hosts.retain(|host| host.presence == Presence::Live);
        let chosen = match self.labels.is_empty() {
            true => hosts.iter().find(|host| is_server(&host.labels)).or(hosts.first()).ok_or(ResolveError::NoHosts)?,
            false => hosts
                .iter()
                .find(|host| self.matches(host))
                .ok_or_else(|| ResolveError::NoHostWithLabels(self.labels_in_words()))?,
        };
        key(&chosen.id, KeyKind::Host)
    }

    fn matches(&self, host: &HostSummary) -> bool {
        self.labels.iter().all(|label| host.labels.get(&label.name) == Some(&label.value))
    }

    fn labels_in_words(&self) -> String {
        let labels = self.labels.iter().map(|label| format!("{}={}", label.name, label.value));
        labels.collect::<Vec<_>>().join(" and ")
    }
}

fn is_server(labels: &BTreeMap<String, String>) -> bool {
    labels.get("kind").is_some_and(|kind| kind == "server")
}

/// A host by its key or the beginning of it.
pub(super) async fn host(client: &Client, name: &str) -> Result<PublicKey, ResolveError> {
    if looks_like_key(name) {
        return key(name, KeyKind::Host);
    }
    let hosts = client.hosts().await?;
    let fitting = hosts.into_iter().map(|host| host.id).filter(|id| id.starts_with(name));
    let id = only("the host", name, fitting)?.ok_or_else(|| ResolveError::NoHost(name.to_owned()))?;
    key(&id, KeyKind::Host)
}

/// An actor by its key, call alias or claimed name.
pub(super) async fn actor(client: &Client, name: &str) -> Result<PublicKey, ResolveError> {
    if looks_like_key(name) {
        return key(name, KeyKind::Module);
    }
    let claims = client.claims().await?;
    let fitting = claims
        .into_iter()
        .filter(|claims| !name.is_empty() && (claims.call_alias == name || claims.name == name))
        .map(|claims| claims.sub);
    let id = only("the actor", name, fitting)?.ok_or_else(|| ResolveError::NoActor(name.to_owned()))?;
    key(&id, KeyKind::Module)
}

/// A provider by its key or its name. Where servers and tabs have one of that name, a server's is meant.
pub(super) async fn provider(client: &Client, name: &str) -> Result<PublicKey, ResolveError> {
    if looks_like_key(name) {
        return key(name, KeyKind::Provider);
    }
    for _ in 0..LOOKS {
        let found = providers_called(client, name).await?;
        if let Some(id) = only("the provider", name, found.into_iter())? {
            return key(&id, KeyKind::Provider);
        }
    }
    Err(ResolveError::NoProvider(name.to_owned()))
}

/// How often a provider is looked for that no host has: a tab that is busy drawing may answer when nobody waits for it any more.
const LOOKS: usize = 3;

/// The keys of the providers of that name: those of servers, else those of tabs.
async fn providers_called(client: &Client, name: &str) -> Result<Vec<String>, ResolveError> {
    let inventories = inventories(client).await?;
    let fitting = |inventory: &Inventory| {
        let named = inventory.providers.iter().filter(|provider| provider.name.as_deref() == Some(name));
        named.map(|provider| provider.id.clone()).collect::<Vec<_>>()
    };
    let (servers, others): (Vec<_>, Vec<_>) = inventories.iter().partition(|inventory| is_server(&inventory.labels));
    let on_servers: Vec<String> = servers.into_iter().flat_map(fitting).collect();
    Ok(match on_servers.is_empty() {
        true => others.into_iter().flat_map(fitting).collect(),
        false => on_servers,
    })
}

/// The host that was chosen, else all that run an actor.
pub(super) async fn hosts_of_actor(
    client: &Client,
    actor: PublicKey,
    choice: &HostChoice,
) -> Result<Vec<PublicKey>, ResolveError> {
    if choice.is_given() {
        return Ok(vec![choice.resolve(client).await?]);
    }
    let id = actor.to_string();
    hosts_that_run(client, "actor", actor, |inventory| inventory.actors.iter().any(|running| running.id == id)).await
}

/// The hosts whose inventory `holds` something; an error that names it where none does.
pub(super) async fn hosts_that_run(
    client: &Client,
    what: &'static str,
    wanted: PublicKey,
    holds: impl Fn(&Inventory) -> bool,
) -> Result<Vec<PublicKey>, ResolveError> {
    let hosts: Vec<PublicKey> = inventories(client)
        .await?
        .iter()
        .filter(|inventory| holds(inventory))
        .map(|inventory| key(&inventory.host_id, KeyKind::Host))
        .collect::<Result<_, _>>()?;
    match hosts.is_empty() {
        true => Err(ResolveError::RunsNowhere { what, key: wanted }),
        false => Ok(hosts),
    }
}

/// The inventories of all hosts that answer. One that leaves in between is left out.
pub(super) async fn inventories(client: &Client) -> Result<Vec<Inventory>, ResolveError> {
    let hosts = client.hosts().await?;
    let ids = hosts.iter().map(|host| key(&host.id, KeyKind::Host)).collect::<Result<Vec<_>, _>>()?;
    let answers = futures::future::join_all(ids.into_iter().map(|id| client.inventory(id))).await;
    Ok(answers.into_iter().flatten().collect())
}

/// The one of the candidates; nothing without any.
fn only(
    what: &'static str,
    name: &str,
    candidates: impl Iterator<Item = String>,
) -> Result<Option<String>, ResolveError> {
    let mut candidates: BTreeSet<String> = candidates.collect();
    match candidates.len() {
        0 | 1 => Ok(candidates.pop_first()),
        _ => Err(ResolveError::Ambiguous { what, name: name.to_owned(), keys: candidates.into_iter().collect() }),
    }
}

/// Whether somebody meant a key: about as long as one, and nothing but capital letters and digits. Then what is wrong
/// with it is said, instead of looking for an actor of that name.
fn looks_like_key(text: &str) -> bool {
    text.len() >= 50 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn key(text: &str, kind: KeyKind) -> Result<PublicKey, ResolveError> {
    text.parse::<PublicKey>().and_then(|key| key.expect_kind(kind)).map_err(|cause| ResolveError::Key {
        text: text.to_owned(),
        kind,
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_candidates_are_listed_and_repeated_ones_count_once() {
        let of = |names: &[&str]| only("the actor", "x", names.iter().map(ToString::to_string));
        assert_eq!(of(&[]).expect("none"), None);
        assert_eq!(of(&["M1", "M1"]).expect("one").as_deref(), Some("M1"));
        let error = of(&["M2", "M1"]).expect_err("two").to_string();
        assert!(error.contains("the actor \"x\"") && error.contains("M1, M2"), "{error}");
    }

    #[test]
    fn a_mistyped_key_is_named_as_one() {
        let text = PublicKey::from_bytes(KeyKind::Module, [1; 32]).to_string();
        assert!(looks_like_key(&text) && looks_like_key(&text[1..]) && !looks_like_key("sample/counter"));
        let error = key(&text, KeyKind::Host).expect_err("a module").to_string();
        assert!(error.contains("module") && error.contains("host"), "{error}");
    }
}
