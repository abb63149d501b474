//! The host as its owner uses it: start, stop, and calls from outside.

use std::{
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use bytes::Bytes;
use futures::channel::oneshot;
use litemap::LiteMap;

use super::{
    audience::Audience,
    caller::ActorCaller,
    config::{HostConfig, HostParts},
    elsewhere::Elsewhere,
    exceeded::Exceeded,
    faults::Faults,
    instances::Instances,
    lifecycle::StartOptions,
    links::LinkTable,
    observing::{ObservedLog, Observing},
    permits::Permits,
    provider::ProviderKind,
    revocations::Revocations,
    state::HostState,
};
use crate::{
    call::{Call, CallContext, Target},
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
    lattice::{
        Subjects,
        control::{ActorLimits, Inventory},
    },
    metadata::{Keeper, MetadataStore, Revocation},
    platform::BoxFuture,
    provider::Provider,
};

/// How long calls in flight may take when their host stops.
const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// A host on a lattice. Cheap to clone; all clones are one host.
///
/// Its longer methods bring boxed futures: what is asynchronous is compiled once more in each crate that awaits it, and counts
/// twice in a tab.
#[derive(Debug, Clone)]
pub struct Host {
    state: Arc<HostState>,
    stop_asked: Arc<Mutex<Option<oneshot::Receiver<Option<Duration>>>>>,
}

impl Host {
    /// Joins the lattice with one provider of each kind, and announces itself. Links and claims are those that the
    /// lattice's servers keep.
    ///
    /// # Errors
    /// The lattice's name is not one token, or the bus is closed.
    pub fn start(
        parts: HostParts,
        config: HostConfig,
        kinds: Vec<ProviderKind>,
    ) -> BoxFuture<'static, Result<Self, LatticeError>> {
        Box::pin(async move {
            let host = Self::new(parts, config, kinds, false)?;
            host.join().await?;
            Ok(host)
        })
    }

    /// The same for a host that keeps the lattice's links and claims, in a store of its own or one that it shares with
    /// others, and answers for them.
    ///
    /// # Errors
    /// Those of [`Host::start`], and the store cannot be read.
    pub async fn start_as_keeper(
        parts: HostParts,
        config: HostConfig,
        kinds: Vec<ProviderKind>,
        store: Arc<dyn MetadataStore>,
    ) -> Result<Self, LatticeError> {
        let host = Self::new(parts, config, kinds, true)?;
        Keeper::start(host.state.clone(), store).await?;
        host.join().await?;
        Ok(host)
    }

    fn new(
        parts: HostParts,
        config: HostConfig,
        kinds: Vec<ProviderKind>,
        keeps_metadata: bool,
    ) -> Result<Self, LatticeError> {
        let subjects = Subjects::new(&config.lattice).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the lattice's name cannot be used: {error}"))
        })?;
        let (ask_stop, stop_asked) = oneshot::channel();
        let audience = Audience::new(parts.bus.new_inbox());
        let id = parts.key.public_key();
        let observing =
            Arc::new(Observing::new(parts.platform.clone(), parts.bus.clone(), id, subjects.observations(id)));
        let state = Arc::new(HostState {
            started: parts.platform.now(),
            instances: Instances::new(config.limits.instances, parts.platform.clone()),
            elsewhere: Elsewhere::default(),
            platform: parts.platform,
            engine: parts.engine,
            bus: parts.bus,
            log: Arc::new(ObservedLog { log: parts.log, observing: observing.clone() }),
            key: parts.key,
            modules: parts.modules,
            payloads: parts.payloads,
            secrets: parts.secrets,
            data_dir: parts.data_dir,
            authorities: parts.authorities,
            labels: RwLock::new(config.labels.clone()),
            registries: RwLock::default(),
            audience,
            observing,
            faults: Faults::default(),
            exceeded: Exceeded::default(),
            revocations: Revocations::default(),
            permits: Permits::new(&config.policy),
            config,
            subjects,
            keeps_metadata,
            kinds,
            links: LinkTable::default(),
            claims: RwLock::new(LiteMap::new()),
            actors: RwLock::new(LiteMap::new()),
            providers: RwLock::new(LiteMap::new()),
            tasks: Mutex::new(Vec::new()),
            ask_stop: Mutex::new(Some(ask_stop)),
            changes: futures::lock::Mutex::new(()),
        });
        Ok(Self { state, stop_asked: Arc::new(Mutex::new(Some(stop_asked))) })
    }

    async fn join(&self) -> Result<(), LatticeError> {
        self.state.serve_control()?;
        self.state.start_all_providers().await?;
        self.state.rejoin().await;
        self.state.keep_beating();
        Ok(())
    }

    /// Its key, `N…`.
    pub fn id(&self) -> PublicKey {
        self.state.id()
    }

    /// Starts an actor from the bytes of its module and returns its key. `max_instances` bounds how many calls it
    /// handles at once on this host. An actor that runs already keeps running, with the new bound.
    ///
    /// # Errors
    /// The module is not a valid actor, its claims do not hold, or it is unsigned and the host takes none such.
    pub async fn start_actor(&self, module: Bytes, max_instances: Option<usize>) -> Result<PublicKey, LatticeError> {
        self.start_actor_within(module, max_instances, None).await
    }

    /// The same with limits of the actor's own, where any are given. An actor that runs already has them from its next
    /// call on.
    ///
    /// # Errors
    /// Those of [`Host::start_actor`], and a limit is above what the host gives.
    pub fn start_actor_within(
        &self,
        module: Bytes,
        max_instances: Option<usize>,
        limits: Option<ActorLimits>,
    ) -> BoxFuture<'_, Result<PublicKey, LatticeError>> {
        let options = StartOptions { max_instances, limits, ..StartOptions::default() };
        Box::pin(self.state.start_actor(module, options))
    }

    /// Stops an actor. Calls that wait for it are answered with an error; calls in flight finish.
    ///
    /// # Errors
    /// It does not run here.
    pub fn stop_actor(&self, actor: PublicKey) -> BoxFuture<'_, Result<(), LatticeError>> {
        Box::pin(self.state.stop_actor(actor))
    }

    /// Changes how many calls an actor handles at once on this host; without a number, the host's default.
    ///
    /// # Errors
    /// It does not run here, or there may not be as many.
    pub fn scale_actor(&self, actor: PublicKey, max_instances: Option<usize>) -> Result<(), LatticeError> {
        self.state.scale_actor(actor, max_instances)
    }

    /// Calls an actor, wherever it runs, and returns its encoded reply. Without `deadline` the host's default holds.
    ///
    /// # Errors
    /// Whatever kept the call from being answered, see [`ErrorCode`].
    pub async fn call(
        &self,
        target: Target,
        operation: impl Into<Arc<str>>,
        payload: Bytes,
        deadline: Option<Duration>,
    ) -> Result<Bytes, LatticeError> {
        let remaining = deadline.unwrap_or(self.state.config.limits.deadline);
        let context = CallContext::root(self.state.platform.now() + remaining);
        let call = Call { origin: self.id(), target, operation: operation.into(), payload, context };
        self.state.call_until_deadline(call, remaining).await
    }

    /// Runs a provider of the owner's own making, under a key whose secret the owner has.
    ///
    /// # Errors
    /// One of that name or key runs here, or the host's policy denies it.
    pub fn provide(&self, key: PublicKey, provider: Arc<dyn Provider>) -> BoxFuture<'_, Result<(), LatticeError>> {
        Box::pin(self.state.provide(key, provider))
    }

    /// Stops a provider and ends its links.
    ///
    /// # Errors
    /// It does not run here.
    pub fn stop_provider(&self, provider: PublicKey) -> BoxFuture<'_, Result<(), LatticeError>> {
        Box::pin(self.state.stop_provider(provider))
    }

    /// The way to actors for a provider that runs here.
    ///
    /// # Errors
    /// It does not run here.
    pub fn caller_of(&self, provider: PublicKey) -> Result<ActorCaller, LatticeError> {
        match self.state.provider(provider) {
            Some(running) => Ok(ActorCaller { host: Arc::downgrade(&self.state), provider: running.key }),
            None => Err(self.state.provider_not_running(provider)),
        }
    }

    /// What runs here.
    pub fn inventory(&self) -> Inventory {
        self.state.inventory()
    }

    /// What the lattice says of what counts and what does not, as far as it is known here.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.state.all_revocations()
    }

    /// Announces the host and its actors again and asks for links and claims anew. To be called when the bus was
    /// away for a while.
    pub fn rejoin(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.state.rejoin())
    }

    /// Completes when someone on the lattice asks the host to stop, with the time that calls in flight are to get, if
    /// any was named. Only the first call ever completes.
    pub async fn stop_asked(&self) -> Option<Duration> {
        let receiver = self.stop_asked.lock().expect("nothing panics under this lock").take();
        match receiver {
            Some(receiver) => receiver.await.ok().flatten(),
            None => std::future::pending().await,
        }
    }

    /// Leaves the lattice: stops actors and providers, says so, and ends all tasks. Calls in flight get a second to
    /// finish.
    pub async fn stop(&self) {
        self.stop_within(STOP_PATIENCE).await;
    }

    /// The same with another time for calls in flight.
    pub fn stop_within(&self, patience: Duration) -> BoxFuture<'_, ()> {
        Box::pin(self.state.stop(patience))
    }
}
