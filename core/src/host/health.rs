//! How the providers that run here are, and their links. What stands on a product that went away is refused on the lattice
//! until it is back; the provider and its links stay where they are.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::json;

use super::{links::LinkKey, provider::RunningProvider, state::HostState};
use crate::{
    identity::PublicKey,
    lattice::control::{Health, LinkStatus, LinkVerdict},
    provider::LinkedActor,
};

/// The first pause before a sick link is looked after again, which doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl HostState {
    /// Asks each provider that serves links how it is, and tells the lattice.
    pub(super) async fn check_health(self: &Arc<Self>) {
        for provider in self.all_providers().into_iter().filter(|provider| !provider.description.built_in) {
            let health = self.health_of(&provider).await;
            self.emit(
                if health.healthy { "health_check_passed" } else { "health_check_failed" },
                json!({
                    "public_key": provider.key.to_string(),
                    "host_id": self.id().to_string(),
                    "contract_id": provider.description.contract,
                    "link_name": &*provider.link_name,
                    "message": health.message,
                }),
            );
        }
    }

    /// How a provider is: as the first of its links that is sick, or as it says where it has none.
    pub(super) async fn health_of(self: &Arc<Self>, provider: &RunningProvider) -> Health {
        self.check_links(provider).await;
        match provider.known_health() {
            Some(health) => health,
            None => provider.health().await,
        }
    }

    async fn check_links(self: &Arc<Self>, provider: &RunningProvider) {
        for link in provider.links() {
            self.check_link(provider, &link).await;
        }
    }

    /// Asks a provider how one of its links is.
    pub(super) async fn check_link(self: &Arc<Self>, provider: &RunningProvider, link: &LinkedActor) {
        let health = provider.link_health(link).await;
        self.note_link_health(provider, link, health.err());
    }

    /// Takes note of how a link is, and tells the lattice where that has changed. A sick one is looked after from then on.
    pub(super) fn note_link_health(
        self: &Arc<Self>,
        provider: &RunningProvider,
        link: &LinkedActor,
        sick: Option<String>,
    ) {
        let Some(stamp) = provider.note_health(link, sick.clone()) else {
            return;
        };
        let (actor, link_name) = link.clone();
        let key = LinkKey { actor, contract: provider.description.contract.into(), link_name };
        let status = match sick {
            Some(reason) => {
                tracing::warn!(provider = %provider, reason, "a link cannot be used now");
                LinkStatus::Refused { reason }
            }
            None => LinkStatus::Active,
        };
        let is_sick = status != LinkStatus::Active;
        self.emit("linkdef_status", json!(LinkVerdict { link: key.named(stamp), status }));
        if is_sick && provider.begin_watch() {
            self.platform.spawn(Box::pin(watch(Arc::downgrade(self), provider.key)));
        }
    }
}

/// Looks after the links of a provider until all are well, or it is gone.
async fn watch(host: Weak<HostState>, provider: PublicKey) {
    let (mut pause, longest) = PAUSES;
    while let Some(waiting) = host.upgrade().map(|host| host.platform.sleep(pause)) {
        waiting.await;
        let Some(host) = host.upgrade() else {
            return;
        };
        let Some(provider) = host.provider(provider) else {
            return;
        };
        host.check_links(&provider).await;
        if provider.is_well() {
            provider.end_watch();
            // A link may have fallen sick in between.
            if provider.is_well() || !provider.begin_watch() {
                return;
            }
        }
        pause = longest.min(pause * 2);
    }
}
