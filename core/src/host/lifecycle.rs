//! Starts and stops what a host runs, and the host itself.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::json;

use super::{
    actor::{Actor, Code, StopSignal},
    caller::ActorCaller,
    exceeded::Bound,
    provider::{ProviderContext, ProviderKind, ProviderReference, RunningProvider},
    serve::{ProviderSubscriptions, offer_module, serve_actor, serve_provider},
    state::HostState,
    trust::claims_failed,
};
use crate::{
    bus::BusError,
    call::DEFAULT_LINK_NAME,
    engine::{ModuleLimits, PrepareError, PreparedModule, prepare},
    error::{ErrorCode, LatticeError},
    identity::{self, ActorClaims, KeyKind, PublicKey},
    lattice::{
        control::{ActorLimits, ClaimsSummary},
        module_transfer::hash,
    },
    platform::{BoxFuture, random_uuid},
    provider::{Logging, NumberGen, Provider, ProviderDescription},
};

/// A module that may run here.
struct CheckedModule {
    key: PublicKey,
    claims: Option<ActorClaims>,
    bytes: Bytes,
    prepared: PreparedModule,
}

/// How an actor is to run.
#[derive(Debug, Clone, Default)]
pub(super) struct StartOptions {
    /// Instances at most, if not as many as the host gives.
    pub(super) max_instances: Option<usize>,
    /// Its limits. Without, one that starts has the host's, and one that runs keeps its own.
    pub(super) limits: Option<ActorLimits>,
    /// Where its module came from.
    pub(super) image_ref: Option<String>,
    /// What its starter notes.
    pub(super) annotations: Option<BTreeMap<String, String>>,
}

/// The lattice does not let this host serve an actor.
fn not_granted(actor: PublicKey) -> LatticeError {
    LatticeError::new(
        ErrorCode::NotPermitted,
        format!(
            "this host may not serve actor {actor}, as what it joined with grants it other modules; join with a token of: \
             wisteria token mint --role tab --modules {actor}"
        ),
    )
}

fn invalid(error: &dyn fmt::Display) -> LatticeError {
    LatticeError::new(ErrorCode::InvalidModule, error.to_string())
}

/// How often a host says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A host that was silent for so long has missed a heartbeat.
pub(crate) const SILENCE: Duration = Duration::from_secs(45);

impl HostState {
    /// Starts an actor, or changes the bounds of one that runs.
    pub(super) async fn start_actor(
        self: &Arc<Self>,
        module: Bytes,
        options: StartOptions,
    ) -> Result<PublicKey, LatticeError> {
        let image_ref = options.image_ref.clone();
        // Boxed, so that both who start actors share its code.
        let starting: BoxFuture<'_, _> = Box::pin(self.start_actor_quietly(module, options));
        let outcome = starting.await;
        if let Err(error) = &outcome {
            self.emit(
                "actors_start_failed",
                json!({ "error": error.message, "host_id": self.id().to_string(), "image_ref": image_ref }),
            );
        }
        outcome
    }

    async fn start_actor_quietly(
        self: &Arc<Self>,
        module: Bytes,
        options: StartOptions,
    ) -> Result<PublicKey, LatticeError> {
        let StartOptions { max_instances, limits, image_ref, annotations } = options;
        let max = self.config.limits.grant_instances(max_instances)?;
        let bounds = self.config.limits.grant(&limits.unwrap_or_default())?;
        let checked = self.check_module(module, &bounds.module)?;
        let key = checked.key;
        self.permit_actor(key, checked.claims.as_ref()).await?;
        let _one_at_a_time = self.changes.lock().await;
        if self.actor(key).is_some() {
            self.change_bounds(key, max_instances, limits).await?;
            return Ok(key);
        }
        let code = self.compile(checked, image_ref, annotations, 0).await?;
        let subject = self.subjects.actor(key);
        let calls = self.bus.subscribe(subject.clone().into(), Some(subject.as_str()))?;
        // Others may ask for the module as soon as they hear that the actor runs.
        let offer = self.offer(key, &code.bytes)?;
        self.bus.confirm(subject.as_str()).await.map_err(|error| match error {
            BusError::NotPermitted(_) => not_granted(key),
            other => other.into(),
        })?;
        let (subscription, stop) = StopSignal::new();
        let run_id = random_uuid(&*self.platform);
        let pool = self.instances.add_pool(max, bounds.mailbox);
        let limits = (limits.unwrap_or_default(), bounds);
        let actor = Arc::new(Actor::new(key, run_id, pool, subscription, offer, code, limits));
        self.actors.write().expect("nothing panics under this lock").insert(key, actor.clone());
        self.platform.spawn(Box::pin(serve_actor(self.clone(), key, calls, stop)));
        self.remember_claims(ClaimsSummary::of(&key.to_string(), actor.code().claims.as_ref()));
        self.announce_actor(&actor);
        Ok(key)
    }

    /// Has an actor run another module of the same key. Calls in flight finish on the old one, no call fails.
    pub(super) async fn update_actor(
        self: &Arc<Self>,
        key: PublicKey,
        module: Bytes,
        image_ref: String,
        annotations: Option<BTreeMap<String, String>>,
    ) -> Result<(), LatticeError> {
        let limits = self.actor(key).ok_or_else(|| self.not_running(key))?.bounds().module;
        let checked = self.check_module(module, &limits)?;
        if checked.key != key {
            return Err(LatticeError::new(
                ErrorCode::BadRequest,
                format!("{image_ref} is a module of actor {}, not of {key}; start it beside the other", checked.key),
            ));
        }
        self.permit_actor(key, checked.claims.as_ref()).await?;
        let _one_at_a_time = self.changes.lock().await;
        let actor = self.actor(key).ok_or_else(|| self.not_running(key))?;
        let generation = actor.code().generation + 1;
        let annotations = annotations.or_else(|| actor.code().annotations.clone());
        let code = self.compile(checked, Some(image_ref), annotations, generation).await?;
        let revision = |claims: Option<&ActorClaims>| claims.and_then(|claims| claims.revision);
        let (before, now) = (revision(actor.code().claims.as_ref()), revision(code.claims.as_ref()));
        let offer = self.offer(key, &code.bytes)?;
        actor.replace_code(code);
        *actor.offer.lock().expect("nothing panics under this lock") = offer;
        self.instances.renew_pool(actor.pool, generation);
        self.remember_claims(ClaimsSummary::of(&key.to_string(), actor.code().claims.as_ref()));
        self.emit(
            "actor_updated",
            json!({
                "public_key": key.to_string(),
                "host_id": self.id().to_string(),
                "image_ref": actor.code().image_ref,
                "old_revision": before,
                "new_revision": now,
            }),
        );
        // Its claims may be others now.
        self.announce_actor(&actor);
        Ok(())
    }

    fn check_module(&self, bytes: Bytes, limits: &ModuleLimits) -> Result<CheckedModule, LatticeError> {
        self.check_module_size(bytes.len())?;
        let prepared = prepare(&bytes, limits).map_err(|error| self.refused(&error))?;
        let claims = identity::inspect(&bytes, self.platform.unix_time()).map_err(|error| claims_failed(&error))?;
        let key = match &claims {
            Some(claims) => {
                self.config.trust.check(claims)?;
                claims.subject
            }
            None if self.config.allow_unsigned => identity::module_key_of_hash(&bytes),
            None => {
                return Err(LatticeError::new(
                    ErrorCode::UnsignedModule,
                    "the module carries no claims, and this host runs signed modules only; sign it, or start the \
                     host with --allow-unsigned",
                ));
            }
        };
        self.check_not_revoked(key, claims.as_ref().map(|claims| claims.issuer))?;
        Ok(CheckedModule { key, claims, bytes, prepared })
    }

    fn refused(&self, error: &PrepareError) -> LatticeError {
        let PrepareError::TooLarge { limit, .. } = error else {
            return invalid(error);
        };
        self.tell_exceeded(None, Bound::Module, *limit);
        LatticeError::new(ErrorCode::ModuleLimit, error.to_string())
    }

    async fn compile(
        &self,
        checked: CheckedModule,
        image_ref: Option<String>,
        annotations: Option<BTreeMap<String, String>>,
        generation: u64,
    ) -> Result<Code, LatticeError> {
        let module = self.engine.compile(&checked.prepared).await.map_err(|error| invalid(&error))?;
        Ok(Code { claims: checked.claims, image_ref, annotations, bytes: checked.bytes, module, generation })
    }

    /// Lets other hosts have a module, by its hash and by its actor.
    fn offer(self: &Arc<Self>, key: PublicKey, module: &Bytes) -> Result<StopSignal, LatticeError> {
        let requests = |name: &str| {
            let subject = self.subjects.module(name);
            self.bus.subscribe(subject.clone().into(), Some(subject.as_str()))
        };
        let requests = [requests(&hash(module))?, requests(&key.to_string())?];
        let (signal, stop) = StopSignal::new();
        self.platform.spawn(Box::pin(offer_module(self.clone(), module.clone(), requests, stop)));
        Ok(signal)
    }

    fn announce_actor(&self, actor: &Actor) {
        let (key, code) = (actor.key.to_string(), actor.code());
        self.emit(
            "actors_started",
            json!({
                "public_key": key,
                "host_id": self.id().to_string(),
                "image_ref": code.image_ref,
                "annotations": code.annotations,
                "count": 1,
                "claims": ClaimsSummary::in_event(code.claims.as_ref()),
            }),
        );
    }

    /// Changes how many instances an actor may have, and its limits where any are named.
    pub(super) async fn rebound_actor(
        &self,
        key: PublicKey,
        max_instances: Option<usize>,
        limits: Option<ActorLimits>,
    ) -> Result<(), LatticeError> {
        let _one_at_a_time = self.changes.lock().await;
        self.change_bounds(key, max_instances, limits).await
    }

    /// The same for who holds `changes`, as one future for all who do. What cannot be granted changes nothing.
    fn change_bounds(
        &self,
        key: PublicKey,
        max_instances: Option<usize>,
        limits: Option<ActorLimits>,
    ) -> BoxFuture<'_, Result<(), LatticeError>> {
        Box::pin(async move {
            self.config.limits.grant_instances(max_instances)?;
            if let Some(limits) = limits {
                self.limit_actor(key, limits).await?;
            }
            self.scale_actor(key, max_instances)
        })
    }

    async fn limit_actor(&self, key: PublicKey, limits: ActorLimits) -> Result<(), LatticeError> {
        let bounds = self.config.limits.grant(&limits)?;
        let actor = self.actor(key).ok_or_else(|| self.not_running(key))?;
        if bounds.module != actor.bounds().module {
            // What memory and tables may grow to stands in the code.
            let code = actor.code();
            let (checked, generation) = (self.check_module(code.bytes.clone(), &bounds.module)?, code.generation + 1);
            let bounded = self.compile(checked, code.image_ref.clone(), code.annotations.clone(), generation).await?;
            actor.replace_code(bounded);
            self.instances.renew_pool(actor.pool, generation);
        }
        actor.set_limits((limits, bounds));
        self.instances.set_mailbox(actor.pool, bounds.mailbox);
        Ok(())
    }

    /// Changes how many instances an actor may have.
    pub(super) fn scale_actor(&self, key: PublicKey, max_instances: Option<usize>) -> Result<(), LatticeError> {
        let actor = self.actor(key).ok_or_else(|| self.not_running(key))?;
        let max = self.config.limits.grant_instances(max_instances)?;
        self.instances.resize_pool(actor.pool, max);
        let code = actor.code();
        self.emit(
            "actor_scaled",
            json!({
                "public_key": key.to_string(),
                "host_id": self.id().to_string(),
                "image_ref": code.image_ref,
                "annotations": code.annotations,
                "max_instances": max,
                "claims": ClaimsSummary::in_event(code.claims.as_ref()),
            }),
        );
        Ok(())
    }

    /// Stops an actor.
    pub(super) async fn stop_actor(&self, key: PublicKey) -> Result<(), LatticeError> {
        let _one_at_a_time = self.changes.lock().await;
        let removed = self.actors.write().expect("nothing panics under this lock").remove(&key);
        let actor = removed.ok_or_else(|| self.not_running(key))?;
        self.instances.remove_pool(actor.pool);
        actor.subscription.stop();
        actor.offer.lock().expect("nothing panics under this lock").stop();
        self.emit(
            "actors_stopped",
            json!({ "public_key": key.to_string(), "host_id": self.id().to_string(), "count": 1 }),
        );
        Ok(())
    }

    pub(super) fn not_running(&self, key: PublicKey) -> LatticeError {
        LatticeError::new(
            ErrorCode::ActorNotFound,
            format!("actor {key} does not run on host {}; see: wisteria get inventory", self.id()),
        )
    }

    /// Starts one provider of each kind, and those that every host has.
    pub(super) async fn start_all_providers(self: &Arc<Self>) -> Result<(), LatticeError> {
        let logging: Arc<dyn Provider> = Arc::new(Logging::new(self.log.clone()));
        let numbers: Arc<dyn Provider> = Arc::new(NumberGen::new(self.platform.clone()));
        for provider in [logging, numbers] {
            let key = self.provider_key(provider.describe().name, DEFAULT_LINK_NAME);
            self.run_provider(key, DEFAULT_LINK_NAME, None, provider).await?;
        }
        for kind in &self.kinds {
            match self.start_provider(kind.description.name, DEFAULT_LINK_NAME, None, true).await {
                Err(error) if error.code == ErrorCode::PolicyDenied => tracing::warn!(%error, "a provider is left out"),
                outcome => drop(outcome?),
            }
        }
        Ok(())
    }

    /// Starts a provider by its reference, for someone or by itself. One that runs already keeps running.
    pub(super) async fn start_provider(
        self: &Arc<Self>,
        reference: &str,
        link_name: &str,
        annotations: Option<BTreeMap<String, String>>,
        by_itself: bool,
    ) -> Result<PublicKey, LatticeError> {
        let ProviderReference { name, key } = ProviderReference::read(reference)?;
        let kind = self.provider_kind(name)?;
        self.subjects.provider(self.id(), link_name).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the link name cannot be used: {error}"))
        })?;
        let key = key.unwrap_or_else(|| self.provider_key(name, link_name));
        let _one_at_a_time = self.changes.lock().await;
        match self.provider(key) {
            Some(running) if running.description.name == name && *running.link_name == *link_name => return Ok(key),
            Some(running) => {
                return Err(LatticeError::new(
                    ErrorCode::BadRequest,
                    format!("{running} runs on host {} already; stop it first, or choose another key", self.id()),
                ));
            }
            None => (),
        }
        let provider = (kind.create)(ProviderContext {
            platform: self.platform.clone(),
            data_dir: self.data_dir.clone(),
            authorities: self.authorities.clone(),
            caller: ActorCaller { host: Arc::downgrade(self), provider: key },
            bus: self.bus.clone(),
            secrets: self.secrets.clone(),
        });
        self.permit_provider(key, name, provider.describe().contract, link_name, by_itself).await?;
        self.run_provider(key, link_name, annotations, provider).await?;
        Ok(key)
    }

    /// Runs a provider that the host's owner makes, under a key whose secret it has. Nobody else can start it.
    pub(super) async fn provide(
        self: &Arc<Self>,
        key: PublicKey,
        provider: Arc<dyn Provider>,
    ) -> Result<(), LatticeError> {
        let ProviderDescription { name, contract, .. } = provider.describe();
        let _one_at_a_time = self.changes.lock().await;
        let is_taken = |running: &Arc<RunningProvider>| running.key == key || running.description.name == name;
        if let Some(running) = self.all_providers().iter().find(|running| is_taken(running)) {
            return Err(LatticeError::new(
                ErrorCode::BadRequest,
                format!("{running} runs on host {} already; stop it first, or choose another name", self.id()),
            ));
        }
        self.permit_provider(key, name, contract, DEFAULT_LINK_NAME, true).await?;
        self.run_provider(key, DEFAULT_LINK_NAME, None, provider).await
    }

    /// What starts under a name.
    pub(super) fn provider_kind(&self, name: &str) -> Result<&ProviderKind, LatticeError> {
        self.kinds.iter().find(|kind| kind.description.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.kinds.iter().map(|kind| kind.description.name).collect();
            LatticeError::new(
                ErrorCode::ProviderNotFound,
                format!("host {} has no provider \"{name}\"; it has: {}", self.id(), known.join(", ")),
            )
        })
    }

    /// A provider's key follows from the host's, so that it stays the same when the host restarts.
    fn provider_key(&self, name: &str, link_name: &str) -> PublicKey {
        let derivation = match link_name {
            DEFAULT_LINK_NAME => name.to_owned(),
            other => format!("{name}/{other}"),
        };
        self.key.derive(KeyKind::Provider, &derivation).public_key()
    }

    /// What starts a provider of this host.
    pub(super) fn reference_of(&self, provider: &RunningProvider) -> String {
        let name = provider.description.name;
        // What the host's owner made starts by no reference, and is known by its name alone.
        let is_own = self.provider_kind(name).is_err() || provider.key == self.provider_key(name, &provider.link_name);
        match is_own {
            true => name.to_owned(),
            false => format!("{name}@{}", provider.key),
        }
    }

    async fn run_provider(
        self: &Arc<Self>,
        key: PublicKey,
        link_name: &str,
        annotations: Option<BTreeMap<String, String>>,
        provider: Arc<dyn Provider>,
    ) -> Result<(), LatticeError> {
        let subscriptions = ProviderSubscriptions::new(self, key)?;
        let (subscription, stop) = StopSignal::new();
        let running = Arc::new(RunningProvider::new(self, key, link_name.into(), annotations, provider, subscription));
        self.replay_links(&running).await;
        self.providers.write().expect("nothing panics under this lock").insert(key, running.clone());
        // What changed meanwhile passed by a provider that was not there yet.
        self.replay_links(&running).await;
        self.platform.spawn(Box::pin(serve_provider(self.clone(), key, subscriptions, stop)));
        self.emit(
            "provider_started",
            json!({
                "public_key": key.to_string(),
                "host_id": self.id().to_string(),
                "contract_id": running.description.contract,
                "link_name": link_name,
                "annotations": running.annotations,
            }),
        );
        Ok(())
    }

    /// Stops a provider and ends its links.
    pub(super) async fn stop_provider(&self, key: PublicKey) -> Result<(), LatticeError> {
        let _one_at_a_time = self.changes.lock().await;
        let removed = self.providers.write().expect("nothing panics under this lock").remove(&key);
        let provider = removed.ok_or_else(|| self.provider_not_running(key))?;
        provider.subscription.stop();
        provider.delete_links().await;
        self.emit(
            "provider_stopped",
            json!({
                "public_key": key.to_string(),
                "host_id": self.id().to_string(),
                "contract_id": provider.description.contract,
                "link_name": &*provider.link_name,
            }),
        );
        Ok(())
    }

    pub(super) fn provider_not_running(&self, provider: impl fmt::Display) -> LatticeError {
        LatticeError::new(
            ErrorCode::ProviderNotFound,
            format!("provider {provider} does not run on host {}; see: wisteria get inventory", self.id()),
        )
    }

    /// Learns links, claims and revocations, and says what runs here.
    pub(super) async fn rejoin(self: &Arc<Self>) {
        if !self.keeps_metadata {
            for outcome in [self.pull_links().await, self.pull_claims().await, self.pull_revocations().await] {
                if let Err(error) = outcome {
                    tracing::warn!(%error, "the lattice's metadata could not be read");
                }
            }
        }
        self.emit(
            "host_started",
            json!({
                "labels": self.labels(),
                "friendly_name": self.config.friendly_name,
                "keeps_metadata": self.keeps_metadata,
            }),
        );
        for actor in self.all_actors() {
            self.announce_actor(&actor);
        }
    }

    /// Says every 30 seconds that it is there.
    pub(super) fn keep_beating(self: &Arc<Self>) {
        let host = self.clone();
        self.run_task(async move {
            loop {
                host.platform.sleep(HEARTBEAT).await;
                host.beat();
                host.check_health().await;
            }
        });
    }

    /// Says that it is there, and what runs here.
    pub(super) fn beat(&self) {
        let summary = self.summary();
        let mut actors = serde_json::Map::new();
        actors.extend(self.all_actors().iter().map(|actor| (actor.key.to_string(), json!(1))));
        self.emit(
            "host_heartbeat",
            json!({
                "actors": actors,
                "providers": self.inventory().providers,
                "labels": summary.labels,
                "friendly_name": summary.friendly_name,
                "version": summary.version,
                "uptime_seconds": summary.uptime_seconds,
                "uptime_human": summary.uptime_human,
                "keeps_metadata": self.keeps_metadata,
            }),
        );
    }

    /// Tells the host's owner that someone wants it to stop.
    pub(super) fn ask_to_stop(&self, patience: Option<Duration>) {
        let ask = self.ask_stop.lock().expect("nothing panics under this lock").take();
        if let Some(ask) = ask {
            // The owner may be gone already.
            ask.send(patience).ok();
        }
    }

    /// Stops everything that runs here. Calls in flight get `patience` to finish.
    pub(super) async fn stop(&self, patience: Duration) {
        for actor in self.all_actors() {
            // It may have been stopped meanwhile.
            drop(self.stop_actor(actor.key).await);
        }
        let until = self.platform.now() + patience;
        while self.instances.busy() > 0 && self.platform.now() < until {
            self.platform.sleep(Duration::from_millis(5)).await;
        }
        for provider in self.all_providers() {
            drop(self.stop_provider(provider.key).await);
        }
        self.emit("host_stopped", json!({ "labels": self.labels() }));
        let tasks = std::mem::take(&mut *self.tasks.lock().expect("nothing panics under this lock"));
        for (task, _) in &tasks {
            task.abort();
        }
        // Their subscriptions end with them: nobody is to wait for an answer from this host any more.
        for (_, has_ended) in tasks {
            has_ended.await.ok();
        }
    }
}
