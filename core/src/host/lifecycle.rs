//! Starts and stops what a host runs, and the host itself.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::json;

use super::{
    actor::{Actor, StopSignal},
    caller::ActorCaller,
    provider::{ProviderContext, RunningProvider},
    serve::{ProviderSubscriptions, serve_actor, serve_provider},
    state::HostState,
};
use crate::{
    call::DEFAULT_LINK_NAME,
    engine::prepare,
    error::{ErrorCode, LatticeError},
    identity::{self, KeyKind, PublicKey},
    lattice::control::ClaimsSummary,
    platform::random_uuid,
    provider::{Logging, NumberGen, Provider},
};

/// How often a host says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(30);

impl HostState {
    /// Starts an actor, or changes the bound of one that runs.
    pub(super) async fn start_actor(
        self: &Arc<Self>,
        module: Bytes,
        max_instances: Option<usize>,
        image_ref: Option<String>,
    ) -> Result<PublicKey, LatticeError> {
        let outcome = self.start_actor_quietly(&module, max_instances, image_ref).await;
        if let Err(error) = &outcome {
            self.emit("actors_start_failed", json!({ "error": error.message, "host_id": self.id().to_string() }));
        }
        outcome
    }

    async fn start_actor_quietly(
        self: &Arc<Self>,
        module: &Bytes,
        max_instances: Option<usize>,
        image_ref: Option<String>,
    ) -> Result<PublicKey, LatticeError> {
        self.check_module_size(module.len())?;
        let invalid = |error: &dyn std::fmt::Display| LatticeError::new(ErrorCode::InvalidModule, error.to_string());
        let prepared = prepare(module, &self.config.limits.module).map_err(|error| invalid(&error))?;
        let claims = identity::inspect(module, self.platform.unix_time())
            .map_err(|error| LatticeError::new(ErrorCode::InvalidClaims, error.to_string()))?;
        let key = match &claims {
            Some(claims) => claims.subject,
            None if self.config.allow_unsigned => identity::module_key_of_hash(module),
            None => {
                return Err(LatticeError::new(
                    ErrorCode::UnsignedModule,
                    "the module carries no claims, and this host runs signed modules only; sign it, or start the \
                     host with --allow-unsigned",
                ));
            }
        };

        let _one_at_a_time = self.changes.lock().await;
        if self.actor(key).is_some() {
            self.scale_actor(key, max_instances)?;
            return Ok(key);
        }
        let compiled = self.engine.compile(&prepared).await.map_err(|error| invalid(&error))?;
        let summary = ClaimsSummary::of(&key.to_string(), claims.as_ref());
        let subject = self.subjects.actor(key);
        let calls = self.bus.subscribe(subject.clone().into(), Some(subject.as_str()))?;
        let (subscription, stop) = StopSignal::new();
        let actor = Arc::new(Actor {
            key,
            claims,
            image_ref,
            run_id: random_uuid(&*self.platform),
            module: compiled,
            pool: self.instances.add_pool(self.bound(max_instances)),
            subscription,
        });
        self.actors.write().expect("nothing panics under this lock").insert(key, actor.clone());
        self.platform.spawn(Box::pin(serve_actor(self.clone(), key, calls, stop)));
        self.remember_claims(summary);
        self.announce_actor(&actor);
        Ok(key)
    }

    fn announce_actor(&self, actor: &Actor) {
        let key = actor.key.to_string();
        self.emit(
            "actors_started",
            json!({
                "public_key": key,
                "host_id": self.id().to_string(),
                "image_ref": actor.image_ref,
                "count": 1,
                "claims": ClaimsSummary::of(&key, actor.claims.as_ref()),
            }),
        );
    }

    /// Changes how many instances an actor may have.
    pub(super) fn scale_actor(&self, key: PublicKey, max_instances: Option<usize>) -> Result<(), LatticeError> {
        let actor = self.actor(key).ok_or_else(|| self.not_running(key))?;
        let max = self.bound(max_instances);
        self.instances.resize_pool(actor.pool, max);
        self.emit(
            "actor_scaled",
            json!({ "public_key": key.to_string(), "host_id": self.id().to_string(), "max_instances": max }),
        );
        Ok(())
    }

    fn bound(&self, max_instances: Option<usize>) -> usize {
        let limits = &self.config.limits;
        max_instances.unwrap_or(limits.default_max_instances).clamp(1, limits.instances)
    }

    /// Stops an actor.
    pub(super) async fn stop_actor(&self, key: PublicKey) -> Result<(), LatticeError> {
        let _one_at_a_time = self.changes.lock().await;
        let removed = self.actors.write().expect("nothing panics under this lock").remove(&key);
        let actor = removed.ok_or_else(|| self.not_running(key))?;
        self.instances.remove_pool(actor.pool);
        actor.subscription.stop();
        self.emit(
            "actors_stopped",
            json!({ "public_key": key.to_string(), "host_id": self.id().to_string(), "count": 1 }),
        );
        Ok(())
    }

    fn not_running(&self, key: PublicKey) -> LatticeError {
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
            self.run_provider(key, DEFAULT_LINK_NAME, provider).await?;
        }
        for kind in &self.kinds {
            self.start_provider(kind.name, DEFAULT_LINK_NAME).await?;
        }
        Ok(())
    }

    /// Starts a provider by the name of its kind. One that runs already under the link name keeps running.
    pub(super) async fn start_provider(
        self: &Arc<Self>,
        name: &str,
        link_name: &str,
    ) -> Result<PublicKey, LatticeError> {
        let kind = self.kinds.iter().find(|kind| kind.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.kinds.iter().map(|kind| kind.name).collect();
            LatticeError::new(
                ErrorCode::ProviderNotFound,
                format!("host {} has no provider \"{name}\"; it has: {}", self.id(), known.join(", ")),
            )
        })?;
        self.subjects.provider(self.id(), link_name).map_err(|error| {
            LatticeError::new(ErrorCode::BadRequest, format!("the link name cannot be used: {error}"))
        })?;
        let key = self.provider_key(kind.name, link_name);
        let _one_at_a_time = self.changes.lock().await;
        if self.provider(key).is_some() {
            return Ok(key);
        }
        let provider = (kind.create)(ProviderContext {
            platform: self.platform.clone(),
            caller: ActorCaller { host: Arc::downgrade(self), provider: key },
        });
        self.run_provider(key, link_name, provider).await?;
        Ok(key)
    }

    /// A provider's key follows from the host's, so that it stays the same when the host restarts.
    fn provider_key(&self, name: &str, link_name: &str) -> PublicKey {
        let derivation = match link_name {
            DEFAULT_LINK_NAME => name.to_owned(),
            other => format!("{name}/{other}"),
        };
        self.key.derive(KeyKind::Provider, &derivation).public_key()
    }

    async fn run_provider(
        self: &Arc<Self>,
        key: PublicKey,
        link_name: &str,
        provider: Arc<dyn Provider>,
    ) -> Result<(), LatticeError> {
        let subscriptions = ProviderSubscriptions::new(self, key)?;
        let (subscription, stop) = StopSignal::new();
        let running = Arc::new(RunningProvider::new(key, link_name.into(), provider, subscription));
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
            }),
        );
        Ok(())
    }

    /// Stops a provider and ends its links.
    pub(super) async fn stop_provider(&self, key: PublicKey) -> Result<(), LatticeError> {
        let _one_at_a_time = self.changes.lock().await;
        let removed = self.providers.write().expect("nothing panics under this lock").remove(&key);
        let provider = removed.ok_or_else(|| {
            LatticeError::new(
                ErrorCode::ProviderNotFound,
                format!("provider {key} does not run on host {}; see: wisteria get inventory", self.id()),
            )
        })?;
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

    /// Learns links and claims, and says what runs here.
    pub(super) async fn rejoin(self: &Arc<Self>) {
        if !self.keeps_metadata {
            for outcome in [self.pull_links().await, self.pull_claims().await] {
                if let Err(error) = outcome {
                    tracing::warn!(%error, "the lattice's metadata could not be read");
                }
            }
        }
        self.emit(
            "host_started",
            json!({
                "labels": self.config.labels,
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
            }
        });
    }

    /// Says that it is there, and what runs here.
    pub(super) fn beat(&self) {
        let summary = self.summary();
        let actors: serde_json::Map<String, serde_json::Value> =
            self.all_actors().iter().map(|actor| (actor.key.to_string(), json!(1))).collect();
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
    pub(super) fn ask_to_stop(&self) {
        let ask = self.ask_stop.lock().expect("nothing panics under this lock").take();
        if let Some(ask) = ask {
            // The owner may be gone already.
            ask.send(()).ok();
        }
    }

    /// Stops everything that runs here.
    pub(super) async fn stop(&self) {
        for actor in self.all_actors() {
            // It may have been stopped meanwhile.
            drop(self.stop_actor(actor.key).await);
        }
        for provider in self.all_providers() {
            drop(self.stop_provider(provider.key).await);
        }
        self.emit("host_stopped", json!({ "labels": self.config.labels }));
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
