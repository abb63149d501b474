//! A provider that runs on this host, and how hosts make one.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use litemap::LiteMap;

use super::{
    actor::StopSignal,
    caller::ActorCaller,
    links::{Link, LinkKey},
    secrets::{Resolved, SecretSource},
    state::HostState,
    taken::Taken,
};
use crate::{
    bus::Bus,
    error::{ErrorCode, LatticeError},
    identity::{KeyKind, KeyPair, PublicKey},
    lattice::control::Health,
    metadata::Stamp,
    platform::Platform,
    provider::{Exported, LinkValues, LinkedActor, Provider, ProviderCall, ProviderDescription, ProviderLink},
};

/// A kind of provider that a host can start by name.
#[derive(Debug, Clone, Copy)]
pub struct ProviderKind {
    /// What it is, as it will say itself.
    pub description: ProviderDescription,
    /// Makes one. Called once per start.
    pub create: fn(ProviderContext) -> Arc<dyn Provider>,
}

/// The keys of the providers that a host of this key starts by itself: those that every host has, and one of each kind.
pub fn own_provider_keys(host: &KeyPair, kinds: &[ProviderKind]) -> Vec<KeyPair> {
    let names = ["logging", "numbergen"].into_iter().chain(kinds.iter().map(|kind| kind.description.name));
    names.map(|name| host.derive(KeyKind::Provider, name)).collect()
}

/// What a provider is started by: `NAME`, or `NAME@V…` for one that shares its key, and so its links and calls, with
/// those of other hosts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProviderReference<'a> {
    /// The name of its kind.
    pub(crate) name: &'a str,
    /// Its key, if it is not to be the host's own choice.
    pub(crate) key: Option<PublicKey>,
}

impl<'a> ProviderReference<'a> {
    /// Reads a reference.
    pub(crate) fn read(text: &'a str) -> Result<Self, LatticeError> {
        let Some((name, key)) = text.split_once('@') else {
            return Ok(Self { name: text, key: None });
        };
        match key.parse::<PublicKey>() {
            Ok(key) if key.kind() == KeyKind::Provider => Ok(Self { name, key: Some(key) }),
            _ => Err(LatticeError::new(
                ErrorCode::BadRequest,
                format!("\"{key}\" in \"{text}\" is no provider's key; write NAME, or NAME@V…"),
            )),
        }
    }
}

/// What a host gives a provider that it starts.
#[derive(Debug, Clone)]
pub struct ProviderContext {
    /// Time, randomness and tasks.
    pub platform: Arc<dyn Platform>,
    /// Where the host keeps what must outlive it; a tab has no such folder.
    pub data_dir: Option<PathBuf>,
    /// The file of authorities that TLS trusts beside the system's, in PEM; a tab has no such file.
    pub authorities: Option<PathBuf>,
    /// The way to actors, for providers that call them.
    pub caller: ActorCaller,
    /// The bus of the lattice, for providers that reach beyond their own subjects.
    pub bus: Arc<dyn Bus>,
    /// Where the host looks secrets up, if it has any.
    pub secrets: Option<Arc<dyn SecretSource>>,
}

/// A provider with its active links.
#[derive(Debug)]
pub(crate) struct RunningProvider {
    /// Its key.
    pub(crate) key: PublicKey,
    /// What it says of itself.
    pub(crate) description: ProviderDescription,
    /// The link name it was started for.
    pub(crate) link_name: Arc<str>,
    /// What its starter noted.
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    provider: Arc<dyn Provider>,
    /// The links it took, by actor and link name.
    active: RwLock<LiteMap<LinkedActor, Taken>>,
    /// Whether its links are looked after until all are well.
    is_watched: AtomicBool,
    /// Taken while it is told of a link.
    pub(super) link_changes: futures::lock::Mutex<()>,
    /// How often links were held.
    holds: AtomicUsize,
    /// Calls from other hosts that it is handling.
    in_flight: AtomicUsize,
    /// Ends the subscriptions to its calls and links.
    pub(super) subscription: StopSignal,
    /// Where link values are looked up that name secrets.
    secrets: Option<Arc<dyn SecretSource>>,
    /// Where it runs.
    host: PublicKey,
}

impl RunningProvider {
    pub(super) fn new(
        host: &HostState,
        key: PublicKey,
        link_name: Arc<str>,
        annotations: Option<BTreeMap<String, String>>,
        provider: Arc<dyn Provider>,
        subscription: StopSignal,
    ) -> Self {
        Self {
            key,
            description: provider.describe(),
            link_name,
            annotations,
            provider,
            active: RwLock::default(),
            is_watched: AtomicBool::new(false),
            link_changes: futures::lock::Mutex::new(()),
            holds: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            subscription,
            secrets: host.secrets.clone(),
            host: host.key.public_key(),
        }
    }

    /// Whether this is what a reference starts under a link name.
    pub(super) fn is(&self, reference: &ProviderReference<'_>, link_name: &str) -> bool {
        match reference.key {
            Some(key) => self.key == key,
            None => self.description.name == reference.name && &*self.link_name == link_name,
        }
    }

    /// Tells it of a link, with the secrets that the link names. The link is active when this succeeds; an earlier one of
    /// the same actor and name stays as it was when not. A link is new where somebody waits for the verdict.
    pub(crate) async fn put_link(&self, link: &Link, is_new: bool) -> Result<(), LatticeError> {
        let refused = |why: String| {
            LatticeError::new(
                ErrorCode::LinkRefused,
                format!("provider {self} does not take the link of actor {}: {why}", link.key.actor),
            )
        };
        let misread = |why: String| refused(format!("{why}; see: wisteria link values {}", self.description.name));
        let LinkKey { actor, contract, link_name } = link.key.clone();
        if &*contract != self.description.contract {
            return Err(refused(format!(
                "it implements {}, not {contract}; link a provider of {contract}",
                self.description.contract
            )));
        }
        let known = self.description.values;
        LinkValues::check(known, &link.values).map_err(misread)?;
        let host = self.host.to_string();
        let secrets = Resolved::of(&link.values, self.secrets.as_ref(), &host).await.map_err(refused)?;
        let values = LinkValues::read(known, secrets.fill(&link.values)).map_err(misread)?;
        self.provider
            .link(ProviderLink { actor, link_name: link_name.clone(), values, is_new })
            .await
            .map_err(|error| refused(secrets.hide(error.to_string())))?;
        self.active().insert((actor, link_name), Taken::new(link.stamp.clone()));
        Ok(())
    }

    /// Whether it took this very link.
    pub(crate) fn has_taken(&self, link: &Link) -> bool {
        let taken = self.taken();
        taken.get(&(link.key.actor, link.key.link_name.clone())).is_some_and(|taken| taken.stamp == link.stamp)
    }

    /// Tells it that a link was deleted, or is another provider's now. Nothing happens for one that is not active.
    pub(crate) async fn delete_link(&self, key: &LinkKey) {
        if &*key.contract != self.description.contract {
            return;
        }
        let was_active = self.active().remove(&(key.actor, key.link_name.clone()));
        if was_active.is_some() {
            self.provider.forget(key.actor, key.link_name.clone()).await;
        }
    }

    /// Ends all its links here, as it stops.
    pub(crate) async fn delete_links(&self) {
        let links = std::mem::take(&mut *self.active());
        for ((actor, link_name), _) in links {
            self.provider.unlink(actor, link_name).await;
        }
    }

    /// Has it carry out an operation for an actor that is linked to it.
    pub(crate) async fn invoke(&self, call: ProviderCall) -> Result<Bytes, LatticeError> {
        let _place = match self.description.built_in {
            true => None,
            false => Some(self.enter_link(&call).await?),
        };
        self.provider.invoke(call).await.map_err(|error| LatticeError::new(error.code(), error.to_string()))
    }

    /// Whether it can do its work, apart from its links.
    pub(super) async fn health(&self) -> Health {
        match self.provider.health().await {
            Ok(()) => Health { healthy: true, message: None },
            Err(why) => Health { healthy: false, message: Some(why) },
        }
    }

    /// How it is as far as its links know; nothing where it has none.
    pub(crate) fn known_health(&self) -> Option<Health> {
        let taken = self.taken();
        let sick = taken.values().find_map(|taken| taken.sick.clone());
        (!taken.is_empty()).then(|| Health { healthy: sick.is_none(), message: sick })
    }

    /// Whether it took a link.
    pub(super) fn has_link(&self, link: &LinkedActor) -> bool {
        self.taken().contains_key(link)
    }

    /// The links that it took.
    pub(super) fn links(&self) -> Vec<LinkedActor> {
        self.taken().keys().cloned().collect()
    }

    /// Whether it can do its work for a link, or why not.
    pub(super) async fn link_health(&self, link: &LinkedActor) -> Result<(), String> {
        self.provider.link_health(link).await
    }

    /// Notes how a link is. Returns the link's stamp where it was well and is not any more, or the other way round.
    pub(super) fn note_health(&self, link: &LinkedActor, sick: Option<String>) -> Option<Stamp> {
        let mut active = self.active();
        let taken = active.get_mut(link)?;
        let has_changed = taken.sick.is_some() != sick.is_some();
        taken.sick = sick;
        has_changed.then(|| taken.stamp.clone())
    }

    /// Whether all its links are well.
    pub(super) fn is_well(&self) -> bool {
        self.taken().values().all(|taken| taken.sick.is_none())
    }

    /// Says whether nobody looks after its links yet; whoever asks does from now on.
    pub(super) fn begin_watch(&self) -> bool {
        !self.is_watched.swap(true, Ordering::AcqRel)
    }

    /// Says that nobody looks after its links any more.
    pub(super) fn end_watch(&self) {
        self.is_watched.store(false, Ordering::Release);
    }

    /// Takes one of the `limit` places for calls from other hosts.
    pub(crate) fn enter(self: Arc<Self>, limit: usize) -> Result<ProviderTurn, LatticeError> {
        let turn = ProviderTurn(self);
        let in_flight = turn.0.in_flight.fetch_add(1, Ordering::Relaxed);
        match in_flight < limit {
            true => Ok(turn),
            false => Err(LatticeError::new(
                ErrorCode::Overloaded,
                format!("provider {} handles {limit} calls already; call it less often", turn.0),
            )),
        }
    }

    /// A place on the link of a call, which waits for it while the link is held.
    async fn enter_link(&self, call: &ProviderCall) -> Result<Arc<()>, LatticeError> {
        let link = (call.actor, call.link_name.clone());
        loop {
            let entered = self.taken().get(&link).map(Taken::enter);
            match entered {
                Some(Ok(place)) => return Ok(place),
                Some(Err(released)) => released.await,
                None => return Err(not_linked(call.actor, self.description.contract, &call.link_name)),
            }
        }
    }

    /// Has calls through a link wait from now on, and returns the number of that hold; none where there is no such link.
    pub(super) fn hold(&self, link: &LinkedActor) -> Option<usize> {
        let number = self.holds.fetch_add(1, Ordering::Relaxed);
        self.active().get_mut(link).map(|taken| taken.hold(number)).map(|()| number)
    }

    /// Has calls through a link go on, where they wait for the hold of that number or for any.
    pub(super) fn release(&self, link: &LinkedActor, number: Option<usize>) {
        if let Some(taken) = self.active().get_mut(link) {
            taken.release(number);
        }
    }

    /// Whether a call through a link is under way.
    pub(super) fn is_busy(&self, link: &LinkedActor) -> bool {
        self.taken().get(link).is_some_and(Taken::is_busy)
    }

    /// A part of what a link of it holds.
    pub(super) async fn export(&self, link: &LinkedActor, from: Option<String>) -> Result<Exported, LatticeError> {
        let exported = self.provider.export(link, from).await;
        exported.map_err(|error| LatticeError::new(error.code(), error.to_string()))
    }

    /// Takes over what another provider exported.
    pub(super) async fn import(&self, link: &LinkedActor, records: Vec<String>) -> Result<(), LatticeError> {
        let imported = self.provider.import(link, records).await;
        imported.map_err(|error| LatticeError::new(error.code(), error.to_string()))
    }

    fn taken(&self) -> RwLockReadGuard<'_, LiteMap<LinkedActor, Taken>> {
        self.active.read().expect("nothing panics under this lock")
    }

    fn active(&self) -> RwLockWriteGuard<'_, LiteMap<LinkedActor, Taken>> {
        self.active.write().expect("nothing panics under this lock")
    }
}

/// A place at a provider, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct ProviderTurn(Arc<RunningProvider>);

impl ProviderTurn {
    /// The provider.
    pub(crate) fn provider(&self) -> &RunningProvider {
        &self.0
    }
}

impl Drop for ProviderTurn {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Display for RunningProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.key, self.description.name)
    }
}

/// The error of an actor that uses a contract without a link.
pub(super) fn not_linked(actor: PublicKey, contract: &str, link_name: &str) -> LatticeError {
    let option = match link_name {
        crate::call::DEFAULT_LINK_NAME => String::new(),
        name => format!(" --link-name {name}"),
    };
    LatticeError::new(
        ErrorCode::NotLinked,
        format!(
            "actor {actor} is not linked to {contract} under \"{link_name}\"; \
             link it with: wisteria link put {actor} PROVIDER {contract}{option}"
        ),
    )
}
