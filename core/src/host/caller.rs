//! The way from a provider to the actors linked to it.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;

use super::state::HostState;
use crate::{
    call::{Call, CallContext, Target},
    error::{ErrorCode, LatticeError},
    identity::PublicKey,
};

/// Calls actors in a provider's name. Cheap to clone; calls fail once the host has stopped.
#[derive(Debug, Clone)]
pub struct ActorCaller {
    pub(super) host: Weak<HostState>,
    pub(super) provider: PublicKey,
}

impl ActorCaller {
    /// One that reaches nobody.
    #[cfg(test)]
    pub(crate) fn of_nobody() -> Self {
        Self { host: Weak::new(), provider: PublicKey::from_bytes(crate::identity::KeyKind::Provider, [0; 32]) }
    }

    /// The key of the provider that calls.
    pub const fn provider(&self) -> PublicKey {
        self.provider
    }

    /// Calls an actor, wherever it runs, and returns its encoded reply. Without `deadline` the host's default holds.
    /// `trace` is the W3C `traceparent` of whoever caused the call.
    pub async fn call(
        &self,
        actor: PublicKey,
        operation: impl Into<Arc<str>>,
        payload: Bytes,
        deadline: Option<Duration>,
        trace: Option<Arc<str>>,
    ) -> Result<Bytes, LatticeError> {
        let Some(host) = self.host.upgrade() else {
            return Err(LatticeError::new(ErrorCode::Unreachable, "the host of this provider has stopped"));
        };
        let until = host.platform.now() + deadline.unwrap_or(host.config.limits.deadline);
        host.call_until_deadline(Call {
            origin: self.provider,
            target: Target::Actor(actor),
            operation: operation.into(),
            payload,
            context: CallContext { trace, ..CallContext::root(until) },
        })
        .await
    }
}
