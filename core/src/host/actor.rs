//! An actor that runs on this host.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use futures::channel::oneshot;

use super::instances::PoolId;
use crate::{
    engine::Module,
    identity::{ActorClaims, PublicKey},
};

/// An actor with its compiled module and the pool of its instances.
#[derive(Debug)]
pub(crate) struct Actor {
    /// Its module key.
    pub(crate) key: PublicKey,
    /// Its claims; none for an unsigned module.
    pub(crate) claims: Option<ActorClaims>,
    /// Where its module came from.
    pub(crate) image_ref: Option<String>,
    /// Names this run.
    pub(crate) run_id: String,
    /// The compiled module.
    pub(super) module: Arc<dyn Module>,
    /// Its instances.
    pub(super) pool: PoolId,
    /// Ends the subscription to its calls.
    pub(super) subscription: StopSignal,
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
    /// Whether its claims cover a contract. An unsigned module claims what it is linked to.
    pub(crate) fn claims_contract(&self, contract: &str) -> bool {
        self.claims.as_ref().is_none_or(|claims| claims.caps.iter().any(|claimed| claimed == contract))
    }

    /// The name it claims.
    pub(crate) fn name(&self) -> Option<&str> {
        self.claims.as_ref()?.name.as_deref()
    }

    /// The alias by which other actors may call it.
    pub(crate) fn call_alias(&self) -> Option<&str> {
        self.claims.as_ref()?.call_alias.as_deref()
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
