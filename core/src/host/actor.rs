//! An actor that runs on this host.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::channel::oneshot;

use super::{instances::PoolId, limits::Bounds};
use crate::{
    engine::Module,
    identity::{ActorClaims, PublicKey},
    lattice::control::ActorLimits,
};

/// An actor with its code and the pool of its instances.
#[derive(Debug)]
pub(crate) struct Actor {
    /// Its module key.
    pub(crate) key: PublicKey,
    /// Names this run.
    pub(crate) run_id: String,
    /// Its instances.
    pub(super) pool: PoolId,
    /// Ends the subscription to its calls.
    pub(super) subscription: StopSignal,
    /// Ends the offer of its module to other hosts.
    pub(super) offer: Mutex<StopSignal>,
    code: RwLock<Arc<Code>>,
    limits: RwLock<(ActorLimits, Bounds)>,
    /// How long its calls take lately, in microseconds, where a host has one thread.
    usual: AtomicU32,
}

/// What an actor runs, until it is updated.
#[derive(Debug)]
pub(crate) struct Code {
    /// Its claims; none for an unsigned module.
    pub(crate) claims: Option<ActorClaims>,
    /// Where its module came from.
    pub(crate) image_ref: Option<String>,
    /// What its starter noted.
    pub(crate) annotations: Option<BTreeMap<String, String>>,
    /// The module as it was signed.
    pub(super) bytes: Bytes,
    /// The module, compiled.
    pub(super) module: Arc<dyn Module>,
    /// Counts the updates of the actor.
    pub(super) generation: u64,
}

/// Ends a task, once told to or when dropped.
#[derive(Debug)]
pub(super) struct StopSignal(Mutex<Option<oneshot::Sender<()>>>);

impl StopSignal {
    /// The signal, and what the task waits for.
    pub(super) fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Mutex::new(Some(sender))), receiver)
    }

    /// Tells the task to end.
    pub(super) fn stop(&self) {
        drop(self.0.lock().expect("nothing panics under this lock").take());
    }
}

impl Actor {
    /// An actor that answers the calls which `subscription` ends, and whose module others get until `offer` does.
    pub(super) fn new(
        key: PublicKey,
        run_id: String,
        pool: PoolId,
        subscription: StopSignal,
        offer: StopSignal,
        code: Code,
        limits: (ActorLimits, Bounds),
    ) -> Self {
        let (offer, code) = (Mutex::new(offer), RwLock::new(Arc::new(code)));
        Self { key, run_id, pool, subscription, offer, code, limits: RwLock::new(limits), usual: AtomicU32::new(0) }
    }

    /// How long its calls take, as far as [`Actor::took`] was told lately.
    pub(super) fn usual(&self) -> Duration {
        Duration::from_micros(self.usual.load(Ordering::Relaxed).into())
    }

    /// Takes note of how long a call took.
    pub(super) fn took(&self, duration: Duration) {
        let took = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        // One of two that end at once may go unnoticed.
        self.usual.store(self.usual.load(Ordering::Relaxed) / 4 * 3 + took / 4, Ordering::Relaxed);
    }

    /// Its bounds.
    pub(super) fn bounds(&self) -> Bounds {
        self.limits.read().expect("nothing panics under this lock").1
    }

    /// The limits that its starter set.
    pub(super) fn own_limits(&self) -> ActorLimits {
        self.limits.read().expect("nothing panics under this lock").0
    }

    /// Gives it others from the next call on.
    pub(super) fn set_limits(&self, limits: (ActorLimits, Bounds)) {
        *self.limits.write().expect("nothing panics under this lock") = limits;
    }

    /// What it runs now.
    pub(crate) fn code(&self) -> Arc<Code> {
        self.code.read().expect("nothing panics under this lock").clone()
    }

    /// Has it run something else from the next instance on.
    pub(super) fn replace_code(&self, code: Code) {
        *self.code.write().expect("nothing panics under this lock") = Arc::new(code);
    }

    /// Whether its claims cover a contract. An unsigned module claims what it is linked to.
    pub(crate) fn claims_contract(&self, contract: &str) -> bool {
        let code = self.code();
        code.claims.as_ref().is_none_or(|claims| claims.caps.iter().any(|claimed| claimed == contract))
    }

    /// The name it claims.
    pub(crate) fn name(&self) -> Option<String> {
        self.code().claims.as_ref()?.name.clone()
    }

    /// Whether other actors may call it by this alias.
    pub(crate) fn has_alias(&self, alias: &str) -> bool {
        self.code().claims.as_ref().is_some_and(|claims| claims.call_alias.as_deref() == Some(alias))
    }

    /// Whether its module came from there.
    pub(crate) fn came_from(&self, reference: &str) -> bool {
        self.code().image_ref.as_deref() == Some(reference)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "actor {} ({name})", self.key),
            None => write!(f, "actor {}", self.key),
        }
    }
}
