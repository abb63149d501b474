//! Where a keeper is: in a host, or beside a broker whose hosts keep nothing.

use std::{fmt::Debug, sync::Arc, time::Duration};

use serde_json::Value;

use super::{keeper::Keeper, revocation::Revocation, store::MetadataStore};
use crate::{
    bus::Bus,
    error::{ErrorCode, LatticeError},
    host::{DEFAULT_DEADLINE, HostState, Link},
    identity::{KeyKind, PublicKey},
    lattice::{
        Event, Subjects,
        control::{ClaimsSummary, RemoveLink},
    },
    platform::{BoxFuture, MaybeSend, MaybeSync, Platform},
};

/// What a keeper stands on, and who is told what it learns.
pub(crate) trait Place: Debug + MaybeSend + MaybeSync + 'static {
    /// Who speaks: the source of its events, and the last word of its stamps.
    fn id(&self) -> PublicKey;
    fn platform(&self) -> &Arc<dyn Platform>;
    fn bus(&self) -> &Arc<dyn Bus>;
    fn subjects(&self) -> &Subjects;
    fn lattice(&self) -> &str;
    /// How long a request to a host may take.
    fn deadline(&self) -> Duration;
    /// Runs a task that ends with the place at the latest.
    fn run_task(&self, task: BoxFuture<'static, ()>);
    /// Whether a provider runs in this very place.
    fn runs_provider(&self, provider: PublicKey) -> bool;
    /// # Errors
    /// The policy of the place denies it.
    fn permit_link(&self, link: &Link) -> Result<(), LatticeError>;
    fn learn_link(self: Arc<Self>, link: Link);
    fn forget_link(self: Arc<Self>, named: &RemoveLink);
    fn remember_claims(&self, claims: ClaimsSummary);
    fn learn_revocation(&self, revocation: Revocation);

    /// Publishes an event.
    fn emit(&self, kind: &str, data: Value) {
        Event::new(&**self.platform(), self.id(), kind, data).publish(&**self.bus(), self.subjects());
    }
}

impl Place for HostState {
    fn id(&self) -> PublicKey {
        self.id()
    }

    fn platform(&self) -> &Arc<dyn Platform> {
        &self.platform
    }

    fn bus(&self) -> &Arc<dyn Bus> {
        &self.bus
    }

    fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    fn lattice(&self) -> &str {
        &self.config.lattice
    }

    fn deadline(&self) -> Duration {
        self.config.limits.deadline
    }

    fn run_task(&self, task: BoxFuture<'static, ()>) {
        self.run_task(task);
    }

    fn runs_provider(&self, provider: PublicKey) -> bool {
        self.provider(provider).is_some()
    }

    fn permit_link(&self, link: &Link) -> Result<(), LatticeError> {
        self.permit_link(link)
    }

    fn learn_link(self: Arc<Self>, link: Link) {
        Self::learn_link(&self, link);
    }

    fn forget_link(self: Arc<Self>, named: &RemoveLink) {
        Self::forget_link(&self, named);
    }

    fn remember_claims(&self, claims: ClaimsSummary) {
        self.remember_claims(claims);
    }

    fn learn_revocation(&self, revocation: Revocation) {
        self.learn_revocation(revocation);
    }
}

/// Keeps a lattice's links and claims beside its broker, for hosts none of which does. Runs nothing, and is no host.
#[derive(Debug)]
struct BesideBroker {
    id: PublicKey,
    platform: Arc<dyn Platform>,
    bus: Arc<dyn Bus>,
    subjects: Subjects,
    lattice: String,
}

/// Reads the store and answers for a lattice's links and claims on the broker's bus for as long as that is there. For a
/// lattice whose broker lives in no host, and whose hosts keep nothing, as those of tabs.
///
/// # Errors
/// The lattice's name is not one token, the bus is closed, or the store cannot be read.
pub async fn keep_beside_broker(
    lattice: &str,
    platform: Arc<dyn Platform>,
    bus: Arc<dyn Bus>,
    store: Arc<dyn MetadataStore>,
) -> Result<(), LatticeError> {
    let subjects = Subjects::new(lattice).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the lattice's name cannot be used: {error}"))
    })?;
    // It signs nothing, so there need be no secret behind it.
    let mut id = [0; 32];
    platform.random(&mut id);
    let id = PublicKey::from_bytes(KeyKind::Host, id);
    let place: Arc<dyn Place> = Arc::new(BesideBroker { id, platform, bus, subjects, lattice: lattice.to_owned() });
    Keeper::start(place, store).await
}

impl Place for BesideBroker {
    fn id(&self) -> PublicKey {
        self.id
    }

    fn platform(&self) -> &Arc<dyn Platform> {
        &self.platform
    }

    fn bus(&self) -> &Arc<dyn Bus> {
        &self.bus
    }

    fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    fn lattice(&self) -> &str {
        &self.lattice
    }

    fn deadline(&self) -> Duration {
        DEFAULT_DEADLINE
    }

    fn run_task(&self, task: BoxFuture<'static, ()>) {
        self.platform.spawn(task);
    }

    fn runs_provider(&self, _: PublicKey) -> bool {
        false
    }

    /// The host of the provider asks its own policy.
    fn permit_link(&self, _: &Link) -> Result<(), LatticeError> {
        Ok(())
    }

    // Hosts follow the announcements, and ask.
    fn learn_link(self: Arc<Self>, _: Link) {}
    fn forget_link(self: Arc<Self>, _: &RemoveLink) {}
    fn remember_claims(&self, _: ClaimsSummary) {}
    fn learn_revocation(&self, _: Revocation) {}
}
