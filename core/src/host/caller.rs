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
        let remaining = deadline.unwrap_or(host.config.limits.deadline);
        let context = CallContext { trace, ..CallContext::root(host.platform.now() + remaining) };
        let (target, operation) = (Target::Actor(actor), operation.into());
        let call = Call { origin: self.provider, target, operation, payload, context };
        host.call_until_deadline(call, remaining).await
    }
}
