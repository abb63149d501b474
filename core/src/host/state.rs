//! What a host holds: its actors, providers, links, and what it stands on.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use futures::{channel::oneshot, future::AbortHandle};
use litemap::LiteMap;

use super::{
    actor::Actor,
    audience::Audience,
    config::HostConfig,
    elsewhere::Elsewhere,
    exceeded::Exceeded,
    faults::Faults,
    instances::Instances,
    links::LinkTable,
    modules::{ModuleSource, RegistryCredential},
    observing::Observing,
    payloads::PayloadStore,
    permits::Permits,
    provider::{ProviderKind, RunningProvider},
    revocations::Revocations,
    secrets::SecretSource,
};
use crate::{
    bus::{Bus, Subject, message},
    engine::Engine,
    error::{ErrorCode, LatticeError},
    identity::{KeyPair, PublicKey},
    lattice::{
        Event, Subjects,
        control::{
            ActorRun, ActorSummary, ClaimsList, ClaimsSummary, HostSummary, Inventory, ProviderSummary, read_json,
        },
    },
    order,
    platform::Platform,
    provider::LogSink,
};

/// A host's state, shared by its tasks.
#[derive(Debug)]
pub(crate) struct HostState {
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) log: Arc<dyn LogSink>,
    pub(crate) modules: Arc<dyn ModuleSource>,
    pub(super) payloads: Option<Arc<dyn PayloadStore>>,
    pub(super) secrets: Option<Arc<dyn SecretSource>>,
    /// Where its providers keep what must outlive it.
    pub(super) data_dir: Option<PathBuf>,
    pub(super) authorities: Option<PathBuf>,
    pub(crate) key: KeyPair,
    pub(crate) config: HostConfig,
    pub(crate) subjects: Subjects,
    /// Whether it has a keeper, which knows all links and claims.
    pub(crate) keeps_metadata: bool,
    pub(crate) kinds: Vec<ProviderKind>,
    /// The labels of its configuration, as changed since.
    pub(crate) labels: RwLock<BTreeMap<String, String>>,
    /// What registries ask for, by their names.
    pub(crate) registries: RwLock<LiteMap<String, RegistryCredential>>,
    /// Who listens to invocation events.
    pub(super) audience: Audience,
    /// What is told of calls to those who watch.
    pub(super) observing: Arc<Observing>,
    /// What was broken on purpose.
    pub(super) faults: Faults,
    /// What was told of limits.
    pub(super) exceeded: Exceeded,
    /// What no longer counts.
    pub(super) revocations: Revocations,
    /// What the policy says.
    pub(super) permits: Permits,
    pub(crate) started: Duration,
    pub(super) instances: Arc<Instances>,
    /// Which other hosts run what.
    pub(super) elsewhere: Elsewhere,
    pub(crate) links: LinkTable,
    /// Claims of all actors of the lattice, as far as they are known here.
    pub(crate) claims: RwLock<LiteMap<PublicKey, ClaimsSummary>>,
    pub(super) actors: RwLock<LiteMap<PublicKey, Arc<Actor>>>,
    pub(super) providers: RwLock<LiteMap<PublicKey, Arc<RunningProvider>>>,
    /// Tasks that end with the host.
    pub(super) tasks: Mutex<Vec<(AbortHandle, oneshot::Receiver<()>)>>,
    /// Tells the host's owner to stop it.
    pub(super) ask_stop: Mutex<Option<oneshot::Sender<Option<Duration>>>>,
    /// Taken while an actor or provider is started or stopped, so that two starts do not interleave.
    pub(super) changes: futures::lock::Mutex<()>,
}

impl HostState {
    /// The host's public key.
    pub(crate) fn id(&self) -> PublicKey {
        self.key.public_key()
    }

    /// An actor that runs here.
    pub(crate) fn actor(&self, key: PublicKey) -> Option<Arc<Actor>> {
        self.actors.read().expect("nothing panics under this lock").get(&key).cloned()
    }

    /// A provider that runs here.
    pub(crate) fn provider(&self, key: PublicKey) -> Option<Arc<RunningProvider>> {
        self.providers.read().expect("nothing panics under this lock").get(&key).cloned()
    }

    /// All actors that run here, ordered by key.
    pub(crate) fn all_actors(&self) -> Vec<Arc<Actor>> {
        let actors = self.actors.read().expect("nothing panics under this lock");
        let mut all: Vec<_> = actors.values().cloned().collect();
        order::sort_by(&mut all, |a, b| a.key < b.key);
        all
    }

    /// All providers that run here, ordered by key.
    pub(crate) fn all_providers(&self) -> Vec<Arc<RunningProvider>> {
        let providers = self.providers.read().expect("nothing panics under this lock");
        providers.values().cloned().collect()
    }

    /// The provider of a contract that needs no link.
    pub(crate) fn built_in(&self, contract: &str) -> Option<Arc<RunningProvider>> {
        let providers = self.providers.read().expect("nothing panics under this lock");
        providers
            .values()
            .find(|provider| provider.description.built_in && provider.description.contract == contract)
            .cloned()
    }

    /// Finds an actor by call alias: here, among the known claims, or by asking the lattice.
    pub(crate) async fn actor_by_alias(&self, alias: &str) -> Result<PublicKey, LatticeError> {
        let local = self.all_actors().into_iter().find(|actor| actor.has_alias(alias));
        if let Some(actor) = local {
            return Ok(actor.key);
        }
        if let Some(key) = self.claimed_alias(alias) {
            return Ok(key);
        }
        if !self.keeps_metadata {
            self.pull_claims().await?;
        }
        self.claimed_alias(alias).ok_or_else(|| {
            LatticeError::new(
                ErrorCode::ActorNotFound,
                format!("no actor on the lattice has the call alias \"{alias}\"; start it, or call it by its key"),
            )
        })
    }

    fn claimed_alias(&self, alias: &str) -> Option<PublicKey> {
        let claims = self.claims.read().expect("nothing panics under this lock");
        claims.iter().find(|(_, claims)| claims.call_alias == alias).map(|(key, _)| *key)
    }

    /// Replaces the known claims by those of the lattice.
    pub(crate) async fn pull_claims(&self) -> Result<(), LatticeError> {
        let list: ClaimsList = read_json(&self.ask_metadata("get.claims").await?)?;
        for claims in list.claims {
            self.remember_claims(claims);
        }
        Ok(())
    }

    pub(crate) fn remember_claims(&self, claims: ClaimsSummary) {
        if let Ok(actor) = claims.sub.parse() {
            let mut all = self.claims.write().expect("nothing panics under this lock");
            let known = all.insert(actor, claims);
            if known.as_ref() != all.get(&actor) {
                drop(all);
                self.permits.forget();
            }
        }
    }

    pub(super) async fn ask_metadata(&self, suffix: &str) -> Result<bytes::Bytes, LatticeError> {
        self.ask_keeper(self.subjects.control(suffix), suffix).await
    }

    pub(super) async fn ask_keeper(&self, subject: Subject, about: &str) -> Result<bytes::Bytes, LatticeError> {
        let request = message(subject, bytes::Bytes::new());
        match self.bus.request(request, self.config.limits.deadline).await {
            Ok(reply) => Ok(reply.payload),
            Err(error) => Err(super::dispatch::bus_failed(&error, format_args!("the keeper of the lattice's {about}"))),
        }
    }

    /// Publishes an event.
    pub(crate) fn emit(&self, kind: &str, data: serde_json::Value) {
        Event::new(&*self.platform, self.id(), kind, data).publish(&*self.bus, &self.subjects);
    }

    /// Its labels.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        self.labels.read().expect("nothing panics under this lock").clone()
    }

    /// How the host answers `ping.hosts`.
    pub(crate) fn summary(&self) -> HostSummary {
        let uptime = self.platform.now().saturating_sub(self.started).as_secs();
        HostSummary {
            id: self.id().to_string(),
            labels: self.labels(),
            friendly_name: self.config.friendly_name.clone(),
            uptime_seconds: uptime,
            uptime_human: human(uptime),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lattice: self.config.lattice.clone(),
            lattice_prefix: self.config.lattice.clone(),
            ..HostSummary::default()
        }
    }

    /// What runs here.
    pub(crate) fn inventory(&self) -> Inventory {
        let summary = self.summary();
        let actors = self.all_actors().into_iter().map(|actor| self.actor_summary(&actor)).collect();
        let providers = self
            .all_providers()
            .into_iter()
            .map(|provider| ProviderSummary {
                id: provider.key.to_string(),
                link_name: provider.link_name.to_string(),
                contract_id: provider.description.contract.to_owned(),
                image_ref: Some(self.reference_of(&provider)),
                name: Some(provider.description.name.to_owned()),
                annotations: provider.annotations.clone(),
                health: provider.known_health(),
                ..ProviderSummary::default()
            })
            .collect();
        Inventory {
            host_id: self.id().to_string(),
            friendly_name: self.config.friendly_name.clone(),
            labels: self.labels(),
            actors,
            providers,
            uptime_seconds: summary.uptime_seconds,
            uptime_human: summary.uptime_human,
            version: summary.version,
            ..Inventory::default()
        }
    }

    fn actor_summary(&self, actor: &Actor) -> ActorSummary {
        let (_, max) = self.instances.size(actor.pool);
        let code = actor.code();
        ActorSummary {
            id: actor.key.to_string(),
            image_ref: code.image_ref.clone(),
            name: actor.name(),
            instances: vec![ActorRun {
                instance_id: actor.run_id.clone(),
                revision: code.claims.as_ref().and_then(|claims| claims.revision).unwrap_or(0),
                annotations: code.annotations.clone(),
                image_ref: code.image_ref.clone(),
                max_concurrent: u16::try_from(max).unwrap_or(u16::MAX),
                max_instances: u32::try_from(max).unwrap_or(u32::MAX),
                limits: actor.own_limits(),
            }],
        }
    }
}

fn human(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}
